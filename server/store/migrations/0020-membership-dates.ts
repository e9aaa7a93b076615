import type { Knex } from 'knex';
import type { Migration } from './migration.ts';

/**
 * Adds when a member was invited last, when they joined, and when their account was disabled. Fills in what the audit log shows, and leaves
 * the rest empty. The release before ignores the columns. It writes none of them, so they stay empty for what happens there.
 */
export const membershipDates: Migration = {
  name: '0020-membership-dates',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    await trx.schema.alterTable('users', (table) => {
      for (const column of ['invited_at', 'joined_at', 'disabled_at']) table.bigInteger(column);
    });
    await fillInvited(trx);
    await fillJoined(trx);
    await fillDisabled(trx);
  },
};

const isMember = "users.kind = 'member' AND users.deleted_at IS NULL";

// Each statement finds its events by the index of `action`, because a member may own a million events of other kinds.

async function fillInvited(trx: Knex): Promise<void> {
  await trx.raw(`
    UPDATE users SET invited_at = event.at
    FROM (
      SELECT target_id, MAX(at) AS at FROM audit
      WHERE action IN ('user.invited', 'user.invitation_shown') GROUP BY target_id
    ) AS event
    WHERE event.target_id = users.id AND ${isMember}`);
}

/**
 * 1. A member joined with an invitation, or with a first single sign-on. One who added their own account did both at once.
 * 2. Another one who has a password got it when they were added, if nothing since then gave them one. The log still holds everything since
 *    then, because retention deletes older events first.
 */
async function fillJoined(trx: Knex): Promise<void> {
  await trx.raw(`
    UPDATE users SET joined_at = event.at
    FROM (
      SELECT target_id, MIN(at) AS at FROM audit
      WHERE action IN ('user.joined', 'user.sso_bound') OR (action = 'user.created' AND actor_id = target_id)
      GROUP BY target_id
    ) AS event
    WHERE event.target_id = users.id AND ${isMember}`);
  await trx.raw(`
    UPDATE users SET joined_at = event.at
    FROM (SELECT target_id, MIN(at) AS at FROM audit WHERE action = 'user.created' GROUP BY target_id) AS event
    WHERE event.target_id = users.id AND ${isMember} AND joined_at IS NULL AND password_hash IS NOT NULL
      AND NOT EXISTS (
        SELECT 1 FROM audit AS later
        WHERE later.target_id = users.id AND later.action IN ('user.password_reset', 'user.recovered')
      )`);
}

async function fillDisabled(trx: Knex): Promise<void> {
  await trx.raw(`
    UPDATE users SET disabled_at = event.at
    FROM (
      SELECT
        target_id,
        MAX(CASE WHEN action = 'user.disabled' THEN at END) AS at,
        MAX(CASE WHEN action = 'user.enabled' THEN at END) AS enabled_at
      FROM audit WHERE action IN ('user.disabled', 'user.enabled') GROUP BY target_id
    ) AS event
    WHERE event.target_id = users.id AND ${isMember} AND users.disabled
      AND (event.enabled_at IS NULL OR event.enabled_at <= event.at)`);
}
