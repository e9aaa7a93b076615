import type { Knex } from 'knex';
import type { OrderedAuditQuery } from '../../interfaces/audit.ts';
import { newestPurged, positionOfPurged } from './retention.ts';

/** Events from before positions come first, in the order of their IDs. All others follow in the order of their positions. */
interface Start {
  /** The ID after which events from before positions are read. Null: none are read. */
  beforeOrder: string | null;
  /** The position after which all others are read. */
  position: number;
}

/** The ways to be a participant. Each has an index of its own, whose condition the query must repeat to use it. */
const ways = [
  { column: 'owner_id', also: '' },
  { column: 'actor_id', also: ' AND (owner_id IS NULL OR owner_id <> actor_id)' },
  { column: 'target_id', also: " AND target_kind = 'user' AND (owner_id IS NULL OR owner_id <> target_id)" },
] as const;

/** Returns the IDs of the next events in order, or null if there was never an event with the ID `after`. */
export async function selectInOrder(knex: Knex, query: OrderedAuditQuery): Promise<string[] | null> {
  const { limit } = query;
  const start = await findStart(knex, query);
  if (start === null) return null;
  const { beforeOrder, position } = start;
  // Nobody has received the event yet, because it waits for its position.
  if (beforeOrder === null && position === 0) return [];
  const before = beforeOrder === null ? [] : await beforeOrderAfter(knex, query, beforeOrder);
  if (before.length === limit) return before;
  return [...before, ...(await numberedAfter(knex, { ...query, limit: limit - before.length }, position))];
}

/** Returns the ID of the last event in order, or null if there is none. */
export async function lastInOrder(knex: Knex, participant?: string): Promise<string | null> {
  const last = selectNumbered(knex, { limit: 1, ...(participant !== undefined && { participant }) }, 'desc');
  const [numbered] = await last;
  if (numbered !== undefined) return numbered.id;
  const events = knex('audit').whereRaw('position IS NULL').orderBy('id', 'desc');
  if (participant !== undefined) whereParticipant(events, participant);
  return (await events.first('id'))?.id ?? null;
}

async function findStart(knex: Knex, { after, participant }: OrderedAuditQuery): Promise<Start | null> {
  if (after === null) return { beforeOrder: '', position: 0 };
  const events = knex('audit').where({ id: after });
  if (participant !== undefined) whereParticipant(events, participant);
  const found = await events.first('position');
  if (found?.position === null) return { beforeOrder: after, position: 0 };
  if (found !== undefined) return { beforeOrder: null, position: Number(found.position) };
  const purged = await newestPurged(knex);
  if (purged === null || after > purged.id) return null;
  return { beforeOrder: after, position: await positionOfPurged(knex, after) };
}

/** Returns the IDs of events from before positions. */
async function beforeOrderAfter(knex: Knex, query: OrderedAuditQuery, after: string): Promise<string[]> {
  const { participant, limit } = query;
  const select = () => knex('audit').select('id').where('id', '>', after).orderBy('id').limit(limit);
  if (participant === undefined) return select().whereRaw('position IS NULL').pluck('id');
  // Without this end, a search would go on through all the newer events of the participant.
  const [newest] = await knex('audit').whereRaw('position IS NULL').orderBy('id', 'desc').limit(1).pluck('id');
  if (newest === undefined || newest <= after) return [];
  // An expression in place of the column keeps PostgreSQL from reading the events of all members.
  const own = () => select().whereRaw('coalesce(position, -1) = -1').where('id', '<=', newest);
  const found = ways.map(({ column }) => own().where(column, participant));
  const ids: string[] = await unionOf(knex, found).orderBy('id').limit(limit).pluck('id');
  return ids;
}

async function numberedAfter(knex: Knex, query: Omit<OrderedAuditQuery, 'after'>, position: number): Promise<string[]> {
  const found = await selectNumbered(knex, query, 'asc', position);
  return found.map(({ id }) => id);
}

function selectNumbered(
  knex: Knex,
  { participant, limit }: Omit<OrderedAuditQuery, 'after'>,
  direction: 'asc' | 'desc',
  after = 0,
): Knex.QueryBuilder<object, Array<{ id: string }>> {
  const select = () =>
    knex('audit')
      .select('id', 'position')
      // Written as the condition of the index.
      .whereRaw('position > 0')
      .where('position', '>', after)
      .orderBy('position', direction)
      .limit(limit);
  if (participant === undefined) return select();
  const found = ways.map(({ column, also }) => select().whereRaw(`${column} = ?${also}`, participant));
  return unionOf(knex, found).orderBy('position', direction).limit(limit);
}

/** Selects the rows of several queries, each of which has an order and a limit of its own. */
function unionOf(knex: Knex, queries: readonly Knex.QueryBuilder[]): Knex.QueryBuilder {
  const [first, ...others] = queries.map((query) => knex.select('*').from(query.as('part')));
  // UNION leaves out duplicates: an event may have the participant as both actor and target.
  return knex.select('*').from((first as Knex.QueryBuilder).union(others).as('found'));
}

function whereParticipant(events: Knex.QueryBuilder, participant: string): void {
  events.where((event) => ways.reduce((any, { column }) => any.orWhere(column, participant), event));
}
