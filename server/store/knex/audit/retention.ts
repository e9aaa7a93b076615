import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import { type RowOf, toRecord } from '../../tables/column.ts';
import { positionColumns } from '../../tables/notices.ts';
import { lockPosition, movePosition, type Position } from '../notifications/positions.ts';

/** The position of the job: time and ID of the newest event that was deleted. */
export const purgedJob = 'audit-purged';

/** More than the time between an event and its commit. */
const maxCommitMs = 5 * 60_000;

/** Events of restores, which later restores need. They name no member. */
const isKept = "action = 'database.restored'";

/**
 * Deletes old events, in the order of their times. Events with a position are deleted in the order of their positions too, as far as
 * clocks were right: one that is older than another, but committed later, waits until the other may be deleted. A reader whose last event was deleted then
 * continues where it stood.
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
      .select('id', 'at')
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
    const candidates: OldEvent[] = await old;
    const queued = await queuedAmong(trx, engine, candidates);
    const found = candidates.filter(({ id }) => !queued.has(id));
    if (found.length === 0) return 0;
    await trx('audit')
      .whereRaw(engine.among('id'), [idsOf(engine, found)])
      .delete();
    await movePosition(trx, found.reduce(later, newest));
    return found.length;
  });
}

interface OldEvent {
  id: string;
  at: number | string;
}

/** Returns the IDs of events that a webhook is still to receive. */
async function queuedAmong(trx: Knex, engine: Engine, events: readonly OldEvent[]): Promise<Set<string>> {
  const webhooks: string[] = await trx('webhooks').pluck('id');
  if (webhooks.length === 0 || events.length === 0) return new Set();
  const queued = trx('webhook_deliveries').whereIn('webhook_id', webhooks).whereNotNull('due_at');
  return new Set(await queued.whereRaw(engine.among('id'), [idsOf(engine, events)]).pluck('id'));
}

function idsOf(engine: Engine, events: readonly OldEvent[]): Knex.RawBinding {
  return engine.bindList(events.map(({ id }) => id)) as Knex.RawBinding;
}

function later(newest: Position, { id, at }: OldEvent): Position {
  return { ...newest, at: Math.max(newest.at, Number(at)), id: id > newest.id ? id : newest.id };
}

/** Returns the time and the ID of the newest event that retention deleted, or null if it deleted none. */
export async function newestPurged(knex: Knex): Promise<Position | null> {
  const row = await knex<RowOf<typeof positionColumns>>('job_positions').where({ job: purgedJob }).first();
  return row === undefined || row.id === '' ? null : toRecord(positionColumns, row);
}
