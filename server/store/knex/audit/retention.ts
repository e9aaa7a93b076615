import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import { type RowOf, toRecord } from '../../tables/column.ts';
import { positionColumns } from '../../tables/notices.ts';
import { lockPosition, movePosition, type Position } from '../notifications/positions.ts';

/** The position of the job: time and ID of the newest event that was deleted. */
export const purgedJob = 'audit-purged';

/** Where the highest deleted position is remembered, in place of a time. Its event need not be the newest one. */
const purgedPositionJob = 'audit-purged-position';

/** Longer than the time between an event and its commit. */
const maxCommitMs = 5 * 60_000;

/** Events of restores, which later restores need. They name no member. */
const isKept = "action = 'database.restored'";

/**
 * Deletes old events, in the order of their times. Events with a position are deleted in the order of their positions too, as far as
 * clocks were right: one that is older than another, but committed later, waits until the other may be deleted. Passes over events that an
 * enabled webhook is still to receive. Remembers what a reader whose last event was deleted needs to continue where it stood.
 */
export async function purgeAudit(
  knex: Knex,
  engine: Engine,
  { before, limit }: { before: number; limit: number },
): Promise<number> {
  if ((await knex('audit').where('at', '<', before).orderBy('at').first('id')) === undefined) return 0;
  return knex.transaction(async (trx) => {
    const newest = await lockPosition(trx, purgedJob, 0);
    const [next] = await trx('audit')
      .where('at', '>=', before)
      .where('at', '<', before + maxCommitMs)
      .whereRaw('position > 0')
      .min({ position: 'position' });
    const old = trx('audit')
      .select('id', 'at', 'position')
      .where('at', '<', before)
      .whereRaw(`NOT (${isKept})`)
      .orderBy('at')
      .limit(limit);
    old.where((event) => {
      event.whereRaw('position IS NULL');
      event.orWhere((numbered) => {
        numbered.whereRaw('position > 0');
        if (next?.position != null) numbered.where('position', '<', next.position);
      });
    });
    const webhooks = await readWebhooks(trx);
    if (webhooks.enabled.length > 0)
      old.whereNotExists(queuedFor(trx, webhooks.enabled).whereRaw('webhook_deliveries.id = audit.id'));
    const found: OldEvent[] = await old;
    if (found.length === 0) return 0;
    const ids = engine.bindList(found.map(({ id }) => id)) as Knex.RawBinding;
    await trx('audit').whereRaw(engine.among('id'), [ids]).delete();
    if (webhooks.disabled.length > 0)
      await queuedFor(trx, webhooks.disabled).whereRaw(engine.among('id'), [ids]).update(givenUp);
    await movePosition(trx, found.reduce(later, newest));
    await movePurgedPosition(trx, found);
    return found.length;
  });
}

interface OldEvent {
  id: string;
  at: number | string;
  position: number | string | null;
}

/** Returns the IDs of all webhooks. With them, a delivery is found by its primary key. */
async function readWebhooks(knex: Knex): Promise<{ enabled: string[]; disabled: string[] }> {
  const webhooks: Array<{ id: string; disabled: boolean | number }> = await knex('webhooks').select('id', 'disabled');
  const idsOf = (isDisabled: boolean) =>
    webhooks.filter(({ disabled }) => Boolean(disabled) === isDisabled).map(({ id }) => id);
  return { enabled: idsOf(false), disabled: idsOf(true) };
}

/** Selects the deliveries to these webhooks that are still to be attempted. */
function queuedFor(knex: Knex, webhooks: readonly string[]): Knex.QueryBuilder {
  return knex('webhook_deliveries')
    .whereIn('webhook_id', [...webhooks])
    .whereNotNull('due_at');
}

/** The delivery of a deleted event. If it stayed queued, a webhook that is enabled again would fail for days. */
const givenUp = {
  ...{ status: 'failed', due_at: null, lease_id: null },
  last_error: 'The event was deleted, because it is older than TOKENSD_KEEP_AUDIT.',
};

function later(newest: Position, { id, at }: OldEvent): Position {
  return { ...newest, at: Math.max(newest.at, Number(at)), id: id > newest.id ? id : newest.id };
}

async function movePurgedPosition(trx: Knex.Transaction, found: readonly OldEvent[]): Promise<void> {
  const highest = await lockPosition(trx, purgedPositionJob, 0);
  const at = found.reduce((max, { position }) => Math.max(max, Number(position ?? 0)), highest.at);
  if (at > highest.at) await movePosition(trx, { ...highest, at });
}

/**
 * Returns the position after which a reader continues whose last event, with the ID `after`, was deleted. Up to the highest deleted position, only
 * events are left that retention keeps. The reader has not seen those with a higher ID, because IDs and positions have the same
 * order, except around an event that was saved late.
 */
export async function positionOfPurged(knex: Knex, after: string): Promise<number> {
  const row = await knex<RowOf<typeof positionColumns>>('job_positions').where({ job: purgedPositionJob }).first();
  const highest = row === undefined ? 0 : toRecord(positionColumns, row).at;
  const unseen = await knex('audit')
    .whereRaw('position > 0')
    .where('position', '<=', highest)
    .where('id', '>', after)
    .orderBy('position')
    .first('position');
  return unseen === undefined ? highest : Number(unseen.position) - 1;
}

/** Returns the time and the ID of the newest event that retention deleted, or null if it deleted none. */
export async function newestPurged(knex: Knex): Promise<Position | null> {
  const row = await knex<RowOf<typeof positionColumns>>('job_positions').where({ job: purgedJob }).first();
  return row === undefined || row.id === '' ? null : toRecord(positionColumns, row);
}
