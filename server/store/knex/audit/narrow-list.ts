import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { AuditQuery } from '../../interfaces/audit.ts';
import { misdated, participantColumns, selectPage, whereDated, whereIdDated } from './audit-list.ts';

/** One filter of a query. */
interface Way {
  /** Conditions that each lead to one index. An event matches the filter if one of them holds. */
  branches: ReadonlyArray<[sql: string, value: Knex.RawBinding]>;
  /** The same as one condition that leads to no index, for a query that follows another filter. */
  check: [sql: string, values: Knex.RawBinding[]];
  /** Whether the one branch stands for several addresses, so that its index does not yield events in their order. */
  isNetwork?: boolean;
}

/** How many events of each filter are counted before the filter with the fewest is followed. Each step takes ten times as long. */
const countSteps = [1_000, 10_000, 100_000, 1_000_000] as const;

/** A network with more events than this is looked for among the newest events first. */
const busyNetwork = 10_000;
const newestEvents = 50_000;

/** Reports whether a query has a filter that `selectNewestIds` does not know. */
export function isNarrow({ actorId, ownerId, target, ips }: AuditQuery): boolean {
  return [actorId, ownerId, target, ips].some((filter) => filter !== undefined);
}

/**
 * Returns the IDs of the newest events that match all filters. Follows the index of the filter that has the fewest events, and checks the
 * other filters for each of these. The statistics of the databases do not tell which filter that is, because an address or an action can be
 * frequent in one organization and rare in another.
 */
export async function findNarrowIds(knex: Knex, engine: Engine, query: AuditQuery): Promise<string[]> {
  const ways = waysOf(engine, query);
  const { way, count } = await narrowest(knex, query, ways);
  const allChecks = ways.map(({ check }) => check);
  if (way.isNetwork && count >= busyNetwork) {
    const ids = await amongNewest(knex, query, allChecks);
    if (ids.length === query.limit) return ids;
  }
  const checks = ways.filter((other) => other !== way).map(({ check }) => check);
  const parts = way.branches.map(([sql, value]) =>
    selectPage(whereAll(whereDated(knex('audit'), query).whereRaw(sql, [value]), checks), query),
  );
  if (query.since !== undefined || query.until !== undefined) {
    parts.push(selectPage(whereAll(misdated(knex, engine, query), allChecks), query));
  }
  const [first, ...others] = parts.map((part) => knex.select('id').from(part.as('part')));
  // UNION leaves out the second copy of an event that matches in two ways.
  const all = (first as Knex.QueryBuilder).union(others).as('found');
  return knex.select('id').from(all).orderBy('id', 'desc').limit(query.limit).pluck('id');
}

/** Returns the filters of a query. Of two filters with very many events each, the first one is followed. */
function waysOf(engine: Engine, query: AuditQuery): Way[] {
  const { participant, actorEmail, actorId, ownerId, target, ips, action } = query;
  const among = (values: readonly string[]) => engine.bindList(values) as Knex.RawBinding;
  const equal = (columns: readonly string[], value: string): Way => ({
    branches: columns.map((column) => [`${column} = ?`, value]),
    check: [columns.map((column) => `${column} || '' = ?`).join(' OR '), columns.map(() => value)],
  });
  const ways: Way[] = [];
  if (target !== undefined) {
    const byId = target.ids.map((id): Way['branches'][number] => ['target_id = ?', id]);
    const { name } = target;
    const isNamed = name === undefined ? '' : " OR target_name || '' = ?";
    const named = name === undefined ? [] : [name];
    ways.push({
      branches: [...byId, ...named.map((text): Way['branches'][number] => ['target_name = ?', text])],
      check: [`${engine.among("target_id || ''")}${isNamed}`, [among(target.ids), ...named]],
    });
  }
  if (actorEmail !== undefined) ways.push(equal(['actor_email'], actorEmail));
  if (actorId !== undefined) ways.push(equal(['actor_id'], actorId));
  if (ownerId !== undefined) ways.push(equal(['owner_id'], ownerId));
  if (participant !== undefined) ways.push(equal(participantColumns, participant));
  if (ips !== undefined) {
    const [only] = ips;
    const ip = engine.bytewise('ip');
    ways.push({
      branches: [ips.length === 1 && only !== undefined ? [`${ip} = ?`, only] : [engine.among(ip), among(ips)]],
      check: [engine.among("ip || ''"), [among(ips)]],
      isNetwork: ips.length !== 1,
    });
  }
  if (action !== undefined) ways.push(equal(['action'], action));
  return ways;
}

/** Returns the filter with the fewest events, and how many they are at least. */
async function narrowest(knex: Knex, query: AuditQuery, ways: readonly Way[]): Promise<{ way: Way; count: number }> {
  const [first] = ways;
  if (first === undefined) throw new Error('A query without a filter has no index to follow.');
  if (ways.length === 1 && !first.isNetwork) return { way: first, count: 0 };
  for (const step of countSteps) {
    const counts: number[] = [];
    for (const way of ways) counts.push(await countUpTo(knex, query, way, step));
    const least = Math.min(...counts);
    const way = ways[counts.indexOf(least)] ?? first;
    if (least < step || (ways.length === 1 && step >= busyNetwork)) return { way, count: least };
  }
  return { way: first, count: Number.POSITIVE_INFINITY };
}

/** Counts the events of one filter in the period of a query, but not more than `most`. */
async function countUpTo(knex: Knex, query: AuditQuery, way: Way, most: number): Promise<number> {
  let count = 0;
  for (const [sql, value] of way.branches) {
    if (count >= most) break;
    const events = knex('audit')
      .whereRaw(sql, [value])
      .select('id')
      .limit(most - count);
    whereIdDated(events, query);
    if (query.before !== null) events.where('id', '<', query.before);
    const [row] = await knex.from(events.as('counted')).count({ events: '*' });
    count += Number(row?.events);
  }
  return count;
}

/** Returns one page of what matches among the newest events. */
function amongNewest(knex: Knex, query: AuditQuery, checks: ReadonlyArray<Way['check']>): Promise<string[]> {
  const newest = whereDated(knex('audit'), query).select('*').orderBy('id', 'desc').limit(newestEvents);
  if (query.before !== null) newest.where('id', '<', query.before);
  return selectPage(whereAll(knex.from(newest.as('newest')), checks), query).pluck('id');
}

function whereAll(events: Knex.QueryBuilder, checks: ReadonlyArray<Way['check']>): Knex.QueryBuilder {
  return checks.reduce((all, [sql, values]) => all.whereRaw(`(${sql})`, values), events);
}
