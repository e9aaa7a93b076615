import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { AuditQuery } from '../../interfaces/audit.ts';
import { misdated, participantColumns, selectPage, whereDated, whereIdDated } from './audit-list.ts';

/** A condition that leads to one index. */
interface Branch {
  sql: string;
  values: readonly Knex.RawBinding[];
  /** The same order, written so that the database uses another index than that of the IDs. */
  order?: string;
}

/** One filter of a query. */
interface Way {
  /** An event matches the filter if one of them holds. */
  branches: readonly Branch[];
  /** The same filter as one condition that leads to no index, for a query that reads the events of another filter. */
  check: [sql: string, values: Knex.RawBinding[]];
  /** Whether the one branch stands for several addresses, so that its index does not yield events in their order. */
  isNetwork?: boolean;
}

/** How many events of each filter are counted before the filter with the fewest is followed. Each step takes ten times as long. */
const countSteps = [1_000, 10_000, 100_000, 1_000_000] as const;

/** An order that keeps PostgreSQL from reading ten million events in the order of their IDs until it finds the old ones of a network. */
const byNoIndex = "id || '' DESC";

/** A network with more events than this is looked for among the newest events first. */
const busyNetwork = 10_000;
const newestEvents = 50_000;

/** Reports whether a query has a filter that `selectNewestIds` does not know. */
export function isNarrow({ participants, actor, owners, target, ips }: AuditQuery): boolean {
  return [participants, actor, owners, target, ips].some((filter) => filter !== undefined);
}

/**
 * Returns the IDs of the newest events that match all filters. Follows the index of the filter that has the fewest events, and checks the
 * other filters for each of these. The statistics of the databases do not tell which filter that is, because an address or an action can be
 * frequent in one organization and rare in another.
 */
export async function findNarrowIds(knex: Knex, engine: Engine, query: AuditQuery): Promise<string[]> {
  const ways = waysOf(engine, query);
  const { way, count } = await narrowest(knex, query, ways);
  // A filter by accounts that do not exist.
  if (way.branches.length === 0) return [];
  const allChecks = ways.map(({ check }) => check);
  if (way.isNetwork && count >= busyNetwork) {
    const ids = await amongNewest(knex, query, allChecks);
    if (ids.length === query.limit) return ids;
  }
  const checks = ways.filter((other) => other !== way).map(({ check }) => check);
  const parts = way.branches.map(({ sql, values, order }) =>
    selectPage(whereAll(whereDated(knex('audit'), query).whereRaw(sql, values), checks), query, order),
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
  const { participant, participants, actorEmail, actor, owners, target, ips, action } = query;
  const among = (values: readonly string[]) => engine.bindList(values) as Knex.RawBinding;
  const oneOf = (...parts: Array<[column: string, values: readonly string[]]>): Way => ({
    branches: parts.flatMap(([column, values]) => values.map((value) => ({ sql: `${column} = ?`, values: [value] }))),
    check: [
      parts.map(([column]) => engine.among(`${column} || ''`)).join(' OR '),
      parts.map(([, values]) => among(values)),
    ],
  });
  const anyRole = (ids: readonly string[]) =>
    oneOf(...participantColumns.map((column): [string, readonly string[]] => [column, ids]));
  const ways: Way[] = [];
  if (target !== undefined) {
    ways.push(oneOf(['target_id', target.ids], ['target_name', target.name === undefined ? [] : [target.name]]));
  }
  if (actorEmail !== undefined) ways.push(oneOf(['actor_email', [actorEmail]]));
  if (actor !== undefined) {
    const known = oneOf(['actor_id', actor.ids], ['actor_email', actor.emails]);
    ways.push(actor.system ? orSystem(known) : known);
  }
  if (owners !== undefined) ways.push(oneOf(['owner_id', owners]));
  if (participant !== undefined) ways.push(anyRole([participant]));
  if (participants !== undefined) ways.push(anyRole(participants));
  if (ips !== undefined) {
    const [only] = ips;
    const ip = engine.bytewise('ip');
    const isOne = ips.length === 1 && only !== undefined;
    ways.push({
      branches: [
        isOne
          ? { sql: `${ip} = ?`, values: [only] }
          : { sql: engine.among(ip), values: [among(ips)], order: byNoIndex },
      ],
      check: [engine.among("ip || ''"), [among(ips)]],
      isNetwork: ips.length !== 1,
    });
  }
  if (action !== undefined) ways.push(oneOf(['action', [action]]));
  return ways;
}

/** Adds the events of the daemon itself, which have no address. PostgreSQL takes them from the index only in its whole order. */
function orSystem({ branches, check: [sql, values] }: Way): Way {
  const system = {
    sql: "actor_email IS NULL AND actor_kind || '' = 'system'",
    values: [],
    order: 'actor_email DESC, id DESC',
  };
  return { branches: [...branches, system], check: [`${sql} OR actor_kind || '' = 'system'`, values] };
}

/** Returns the filter with the fewest events, and how many they are at least. */
async function narrowest(knex: Knex, query: AuditQuery, ways: readonly Way[]): Promise<{ way: Way; count: number }> {
  const [first] = ways;
  if (first === undefined) throw new Error('A query without a filter has no index to follow.');
  if (ways.length === 1 && !first.isNetwork) return { way: first, count: 0 };
  for (const step of countSteps) {
    let way = first;
    let least: number = step;
    // The next filter is chosen only if it has fewer events, so its count may end at this number.
    for (const other of ways) {
      const count = await countUpTo(knex, query, other, least);
      if (count < least) [way, least] = [other, count];
    }
    if (least < step || (ways.length === 1 && step >= busyNetwork)) return { way, count: least };
  }
  return { way: first, count: Number.POSITIVE_INFINITY };
}

/** Counts the events of one filter in the period of a query, but not more than `most`. */
async function countUpTo(knex: Knex, query: AuditQuery, way: Way, most: number): Promise<number> {
  let count = 0;
  for (const { sql, values } of way.branches) {
    if (count >= most) break;
    const events = knex('audit')
      .whereRaw(sql, values)
      .select('id')
      .limit(most - count);
    whereIdDated(events, query);
    if (query.before !== null) events.where('id', '<', query.before);
    const [row] = await knex.from(events.as('counted')).count({ events: '*' });
    count += Number(row?.events);
  }
  return count;
}

/** Returns one page of the matching events among the newest ones. */
function amongNewest(knex: Knex, query: AuditQuery, checks: ReadonlyArray<Way['check']>): Promise<string[]> {
  const newest = whereDated(knex('audit'), query).select('*').orderBy('id', 'desc').limit(newestEvents);
  if (query.before !== null) newest.where('id', '<', query.before);
  return selectPage(whereAll(knex.from(newest.as('newest')), checks), query).pluck('id');
}

function whereAll(events: Knex.QueryBuilder, checks: ReadonlyArray<Way['check']>): Knex.QueryBuilder {
  return checks.reduce((all, [sql, values]) => all.whereRaw(`(${sql})`, values), events);
}
