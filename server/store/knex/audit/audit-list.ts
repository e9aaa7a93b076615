import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { AuditQuery } from '../../interfaces/audit.ts';

export const participantColumns = ['actor_id', 'owner_id', 'target_id'] as const;

/**
 * Maximum difference between an event's time and that in its ID, unless the event is in the index `audit_misdated_index`.
 * Must equal the number in migration `0004-list-indexes`, because the databases recognize the index by its condition.
 */
const maxSkewMs = 60_000;

/**
 * Selects the IDs of the newest matching events, and perhaps of some older ones. Events are sorted by ID, so the time in
 * these UUIDv7 leads to the right part of an index. A list therefore reads few events more than it returns.
 *
 * Each way to match has a SELECT of its own, because each uses another index. With OR, the database would sort all events
 * that match.
 */
export function selectNewestIds(knex: Knex, engine: Engine, query: AuditQuery): Knex.QueryBuilder {
  const { participant, since, until } = query;
  const ways =
    participant === undefined
      ? [selectDated(knex, query)]
      : participantColumns.map((column) => selectDated(knex, query).where(column, participant));
  if (since !== undefined || until !== undefined) ways.push(selectMisdated(knex, engine, query));
  const [first, ...others] = ways.map((ids) => knex.select('id').from(ids.as('newest')));
  return (first as Knex.QueryBuilder).unionAll(others);
}

/** Selects events by the time in their ID. Leaves the participant to the caller. */
function selectDated(knex: Knex, query: AuditQuery): Knex.QueryBuilder {
  const { participant, actorEmail, action } = query;
  const events = selectPage(whereDated(knex('audit'), query), query);
  if (actorEmail !== undefined) events.where('actor_email', actorEmail);
  // One member's events are usually fewer than those of an action. An expression in place of the column keeps SQLite from
  // choosing the index of actions.
  const ofOne = participant !== undefined || actorEmail !== undefined;
  if (action !== undefined) events.whereRaw(ofOne ? "action || '' = ?" : 'action = ?', action);
  return events;
}

/** Limits events to the period of a query, by the time in their ID too. */
export function whereDated(events: Knex.QueryBuilder, { since, until }: AuditQuery): Knex.QueryBuilder {
  // Adding 0 keeps the databases from choosing the index on the time. They would sort all events of a year.
  if (since !== undefined) events.whereRaw('at + 0 >= ?', since);
  if (until !== undefined) events.whereRaw('at + 0 < ?', until);
  return whereIdDated(events, { since, until });
}

/** Limits events to those whose IDs are of the period of a query, and a little more. */
export function whereIdDated(
  events: Knex.QueryBuilder,
  { since, until }: { since?: number | undefined; until?: number | undefined },
): Knex.QueryBuilder {
  if (since !== undefined) events.where('id', '>=', idPrefixAt(since - maxSkewMs));
  if (until !== undefined) events.where('id', '<', idPrefixAt(until + maxSkewMs));
  return events;
}

/** Selects events whose ID holds another time. */
function selectMisdated(knex: Knex, engine: Engine, query: AuditQuery): Knex.QueryBuilder {
  const { participant, actorEmail, action } = query;
  const events = selectPage(misdated(knex, engine, query), query);
  if (actorEmail !== undefined) events.where('actor_email', actorEmail);
  if (action !== undefined) events.where('action', action);
  if (participant !== undefined) {
    events.where((event) => participantColumns.reduce((any, column) => any.orWhere(column, participant), event));
  }
  return events;
}

/**
 * Returns the events of the period of a query whose ID holds another time, because the clock was set back. Their number depends
 * on how long the clock was wrong, so their other columns are in no index. The materialized CTE keeps SQLite from choosing the
 * index of a participant or an action.
 */
export function misdated(knex: Knex, engine: Engine, { since, until }: AuditQuery): Knex.QueryBuilder {
  const [earliest, latest] = [`at - ${maxSkewMs}`, `at + ${maxSkewMs}`].map(engine.hexadecimal);
  const isDated = `substr(id, 1, 8) || substr(id, 10, 4) BETWEEN ${earliest} AND ${latest}`;
  // From an equality, PostgreSQL expects few rows. From BETWEEN it expects millions, and spends a second on compiling.
  const events = knex('audit').whereRaw(`CASE WHEN ${isDated} THEN 0 ELSE 1 END = 1`);
  if (since !== undefined) events.where('at', '>=', since);
  if (until !== undefined) events.where('at', '<', until);
  return knex('misdated').withMaterialized('misdated', events);
}

/** Selects the IDs of one page, in the order of the IDs or in one that equals it. */
export function selectPage(
  events: Knex.QueryBuilder,
  { limit, before }: AuditQuery,
  order = 'id DESC',
): Knex.QueryBuilder {
  events.select('id').orderByRaw(order).limit(limit);
  return before === null ? events : events.where('id', '<', before);
}

/** Returns the first characters of a UUIDv7 that was created at this time. */
export function idPrefixAt(time: number): string {
  const digits = Math.max(0, time).toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}`;
}
