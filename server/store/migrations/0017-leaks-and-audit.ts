import type { Knex } from 'knex';
import type { Migration } from './migration.ts';

/**
 * Adds canaries, the values that were reported as leaked and which clients may report them, the role auditor, the order in which machines read the audit log, which
 * trusts may lead to internal addresses, and erasures of members.
 * The release before ignores all of it. It does not find the values of canaries, because their hashes are stored with a prefix.
 * Also adds whether the former owner of a token knows its value.
 */
export const leaksAndAudit: Migration = {
  name: '0017-leaks-and-audit',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    await trx.schema.alterTable('users', (table) => {
      table.boolean('auditor').notNullable().defaultTo(false);
    });
    await extendTokens(trx);
    await createLeaks(trx);
    await trx.schema.alterTable('clients', (table) => {
      table.boolean('can_report').notNullable().defaultTo(false);
    });
    await orderAudit(trx);
    await indexFilters(trx);
    await createErasures(trx);
    await trx.schema.alterTable('trusts', (table) => {
      table.boolean('may_be_internal').notNullable().defaultTo(false);
    });
    // For all that is stored about a member.
    await trx.raw('CREATE INDEX tombstones_owner_index ON tombstones (owner_id, hash)');
  },
};

async function extendTokens(trx: Knex): Promise<void> {
  // The condition keeps nodes of the release before from rotating a canary, whose new value would work.
  await trx.raw(
    `ALTER TABLE tokens ADD COLUMN canary boolean NOT NULL DEFAULT false CHECK (NOT canary OR hash LIKE 'canary:%')`,
  );
  await trx.schema.alterTable('tokens', (table) => {
    // When people were last told that the canary was presented, and how often it was presented since.
    table.bigInteger('canary_told_at');
    table.bigInteger('canary_untold').notNullable().defaultTo(0);
    table.boolean('former_owner_knows').notNullable().defaultTo(false);
    // Whether an offboarding gave an expiry to a token that had none. Counts only while lifetime_ms is null. The release before then takes
    // the age of the token at its expiry for its lifetime.
    table.boolean('expiry_cut').notNullable().defaultTo(false);
  });
  await trx.raw('CREATE INDEX tokens_canary_index ON tokens (expires_at) WHERE canary');
}

/** One row for each reported value that is or was one of ours. */
async function createLeaks(trx: Knex): Promise<void> {
  await trx.schema.createTable('leaks', (table) => {
    // As in `tokens`, `previous_values` or `tombstones`.
    table.text('hash').primary();
    table.text('token_id').notNullable().index();
    table.text('owner_id').notNullable().index();
    table.text('prefix').notNullable();
    table.text('name').notNullable();
    table.text('source');
    table.text('url');
    // The action of the strictest report: revoked, paused, notified, or ended the previous value. Or the token is a canary.
    table.text('outcome').notNullable();
    table.bigInteger('reports').notNullable();
    table.bigInteger('first_at').notNullable();
    table.bigInteger('last_at').notNullable().index();
    // When the superusers were told. Null until then.
    table.bigInteger('told_at');
    // The digests of the places that the audit log names, separated by spaces.
    table.text('places').notNullable().defaultTo('');
  });
  await trx.raw('CREATE INDEX leaks_untold_index ON leaks (first_at, hash) WHERE told_at IS NULL');
}

/** One row for each member who was erased lately, or whose erasure goes on. */
async function createErasures(trx: Knex): Promise<void> {
  await trx.schema.createTable('erasures', (table) => {
    table.text('user_id').primary();
    // A JSON array of the addresses to search for. Null once the database holds none of them.
    table.text('addresses');
    // Salted hashes of the addresses, by which each node finds the files of mails to delete. A JSON array.
    table.text('salt').notNullable();
    table.text('hashes').notNullable();
    table.bigInteger('begun_at').notNullable().index();
    // Null while it goes on.
    table.bigInteger('finished_at');
    table.bigInteger('leased_until').notNullable();
  });
  await trx.raw('CREATE INDEX erasures_unfinished_index ON erasures (user_id) WHERE finished_at IS NULL');
}

/**
 * An event gets its position after its commit, because a reader that follows IDs would miss one that commits after a later one. Until
 * then its position is 0. Events from before this migration have none. They come first, in the order of their IDs.
 */
async function orderAudit(trx: Knex): Promise<void> {
  await trx.schema.alterTable('audit', (table) => {
    table.bigInteger('position');
  });
  // For nodes of the release before. With the default in the first statement, PostgreSQL would give it to existing events.
  if (trx.client.dialect !== 'sqlite3') await trx.raw('ALTER TABLE audit ALTER COLUMN position SET DEFAULT 0');
  await trx.raw('CREATE UNIQUE INDEX audit_position_index ON audit (position) WHERE position > 0');
  await trx.raw('CREATE INDEX audit_waiting_index ON audit (id) WHERE position = 0');
  await trx.raw('CREATE INDEX audit_before_order_index ON audit (id) WHERE position IS NULL');
  // For a member who follows their own events. Most have the member as their owner, so the others need small indexes only.
  for (const [name, columns, isOfOther] of participantIndexes) {
    await trx.raw(`CREATE INDEX ${name} ON audit (${columns}) WHERE position > 0${isOfOther}`);
  }
}

/**
 * For filters of the audit log: by address, by the name of the target, and by the prefix of a token, which leads to its ID. Addresses and
 * prefixes are compared byte by byte, because the order of a language does not keep the addresses of a network together.
 */
async function indexFilters(trx: Knex): Promise<void> {
  const bytewise = (column: string) => (trx.client.dialect === 'sqlite3' ? column : `${column} COLLATE "C"`);
  await trx.raw(`CREATE INDEX audit_ip_index ON audit (${bytewise('ip')}, id)`);
  await trx.raw('CREATE INDEX audit_target_name_index ON audit (target_name, id)');
  for (const table of ['tokens', 'previous_values', 'tombstones']) {
    await trx.raw(`CREATE INDEX ${table}_prefix_index ON ${table} (${bytewise('prefix')})`);
  }
}

const participantIndexes = [
  ['audit_owner_position_index', 'owner_id, position', ''],
  ['audit_actor_position_index', 'actor_id, position', ' AND (owner_id IS NULL OR owner_id <> actor_id)'],
  [
    'audit_target_position_index',
    'target_id, position',
    " AND target_kind = 'user' AND (owner_id IS NULL OR owner_id <> target_id)",
  ],
];
