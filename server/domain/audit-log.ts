import type { AuditAction } from '../../shared/audit-actions.ts';
import { foldName, normalizeName } from '../../shared/names.ts';
import { ProblemError } from '../../shared/problem.ts';
import { createBoundedQueue } from '../bounded-queue.ts';
import { StoreBusy } from '../store/errors.ts';
import type { ListedAuditRecord, Page, TokenRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { type AuditFilter, resolveAuditFilter } from './audit-filter.ts';
import { type Caller, isKey, type Operator, readsEverything, requireScope } from './caller.ts';

export interface AuditQuery extends Page, AuditFilter {
  action?: AuditAction;
  /** Inclusive. */
  since?: number;
  /** Exclusive. */
  until?: number;
}

/** Reads audit events. */
export interface AuditLog {
  /**
   * Returns events, newest first. Members who are neither superusers nor auditors get only events that concern them.
   *
   * An `urgent` call continues a list that began before, and is never refused.
   *
   * @throws ProblemError `superuser-required` if such a member names another one in `query.user`; `scope-missing`;
   *   `invalid-fields`
   * @throws StoreBusy while too many lists wait
   */
  list(operator: Operator, query: AuditQuery, options?: { urgent?: boolean }): Promise<ListedAuditRecord[]>;
  /**
   * Returns the events about a token that the caller may see, newest first. Members who are neither superusers nor auditors get
   * only the events of its present owner's time. After a transfer, these begin with the transfer.
   */
  ofToken(
    caller: Caller,
    token: Pick<TokenRecord, 'id' | 'ownerId' | 'ownerKind' | 'ownerEmail'>,
    page: Page,
  ): Promise<ListedAuditRecord[]>;
  /** Returns the last transfer of a token that the operator may read, or null if there is none. @throws ProblemError `scope-missing` */
  lastTransfer(operator: Operator, tokenId: string): Promise<ListedAuditRecord | null>;
  /**
   * Returns all events about something other than a token or a member, newest first. Does not check access: the caller must have
   * read the object with this ID first.
   */
  ofTarget(id: string, page: Page): Promise<ListedAuditRecord[]>;
  /**
   * Returns an event.
   *
   * @throws ProblemError `event-not-found` if there is none with this ID that the operator may read; `scope-missing`
   */
  find(operator: Operator, id: string): Promise<ListedAuditRecord>;
  /**
   * Returns the events after the one with the ID `after`, oldest first, or from the first if it is null. The order is that in which events were
   * saved, so that a reader who continues after the last event that it received misses none.
   *
   * @throws ProblemError `event-not-found` if there was never such an event that the operator may read; `scope-missing`
   * @throws StoreBusy while too many lists wait
   */
  listInOrder(operator: Operator, query: { after: string | null; limit: number }): Promise<ListedAuditRecord[]>;
  /** Returns the ID of the last event in this order, or null if there is none that the operator may read. */
  lastInOrder(operator: Operator): Promise<string | null>;
}

/**
 * Reads one audit list at a time, because a list can take a second and other requests need the connections, too. Refuses lists
 * that would wait longer than a client does.
 */
const listQueue = { concurrency: 1, maxWaiting: 50, maxWaitMs: 1_500 } as const;

/** Events that get positions in one transaction, and the maximum number of transactions for one reader. A job does the rest. */
const positionsPerBatch = 500;
const maxBatchesPerReader = 20;

/** Gives positions to the events that wait for one, in at most `maxBatches` short transactions. */
export async function assignPositions(
  store: Store,
  maxBatches = Number.POSITIVE_INFINITY,
  signal?: AbortSignal,
): Promise<void> {
  for (let batch = 0; batch < maxBatches && !signal?.aborted; batch += 1) {
    if ((await store.audit.assignPositions(positionsPerBatch)) < positionsPerBatch) return;
  }
}

export function createAuditLog({ store }: { store: Store }): AuditLog {
  const refusal = () => new StoreBusy('Too many audit lists wait.');
  const enqueue = createBoundedQueue({ ...listQueue, refusal });
  // Readers in order have a queue of their own, because they ask every second and are quick.
  const enqueueInOrder = createBoundedQueue({ ...listQueue, refusal });
  return {
    async list(operator, { user, actor, owner, target, ip, ...page }, options) {
      if (isKey(operator)) requireScope(operator, 'audit:read');
      const own = scopeOf(operator);
      if (own.participant !== undefined) requireOwn(operator, user);
      requirePeriod(page);
      const filter = { user: own.participant === undefined ? user : undefined, actor, owner, target, ip };
      return enqueue(async () => {
        const resolved = await resolveAuditFilter(store, filter, own.participant === undefined);
        return store.audit.list({ ...page, ...resolved, ...own });
      }, options);
    },
    async ofToken(caller, token, page) {
      const target = { ids: [token.id] };
      if (readsEverything(caller)) return store.audit.list({ ...page, target });
      const events = await store.audit.list({ ...page, target, owners: [token.ownerId] });
      return withTransfer(events, await transferTo(store, token), page);
    },
    async lastTransfer(operator, tokenId) {
      const found = await store.audit.list({ ...transfersOf(tokenId), ...scopeOf(operator) });
      return found[0] ?? null;
    },
    ofTarget: (id, page) => store.audit.list({ ...page, target: { ids: [id] } }),
    async find(operator, id) {
      const { participant } = scopeOf(operator);
      const [event] = await store.audit.findByIds([id]);
      const participants = [event?.actor.id, event?.ownerId, event?.target.id];
      if (event !== undefined && (participant === undefined || participants.includes(participant))) return event;
      throw new ProblemError('event-not-found', 'There is no event with this ID in the audit log that you may read.');
    },
    async listInOrder(operator, query) {
      const own = scopeOf(operator);
      const events = await enqueueInOrder(async () => {
        await assignPositions(store, maxBatchesPerReader);
        return store.audit.listInOrder({ ...query, ...own });
      });
      if (events !== null) return events;
      throw new ProblemError(
        'event-not-found',
        'There is no event with this ID in the audit log, perhaps because a backup was restored. Start again from the first event or from the latest one.',
      );
    },
    async lastInOrder(operator) {
      const { participant } = scopeOf(operator);
      return enqueueInOrder(async () => {
        await assignPositions(store, maxBatchesPerReader);
        return store.audit.lastInOrder(participant);
      });
    },
  };
}

/** @throws ProblemError `invalid-fields` for a period that ends before it begins, because no event can be in it */
function requirePeriod({ since, until }: Pick<AuditQuery, 'since' | 'until'>): void {
  if (since === undefined || until === undefined || since <= until) return;
  const detail = 'until must not be earlier than since. Exchange the two times.';
  throw new ProblemError('invalid-fields', detail, { errors: [{ pointer: '?until', detail }] });
}

/** @throws ProblemError `superuser-required` if a member names another one */
function requireOwn({ user }: Operator, named: string | undefined): void {
  if (named === undefined || named === user.id || foldName(normalizeName(named)) === user.emailFolded) return;
  throw new ProblemError(
    'superuser-required',
    "Only an Organization Superuser or an auditor may read other people's events.",
  );
}

/** Limits members who are neither superusers nor auditors to their own events. @throws ProblemError `scope-missing` */
function scopeOf(operator: Operator): { participant?: string } {
  if (isKey(operator)) requireScope(operator, 'audit:read');
  return readsEverything(operator) ? {} : { participant: operator.user.id };
}

/** Selects the last transfer of a token. */
function transfersOf(tokenId: string) {
  return { limit: 1, before: null, target: { ids: [tokenId] }, action: 'token.transferred' } as const;
}

/** Returns the event by which the present owner of a token received it. The event is recorded under the former owner. */
async function transferTo(
  store: Pick<Store, 'audit'>,
  { id, ownerKind, ownerEmail }: Pick<TokenRecord, 'id' | 'ownerKind' | 'ownerEmail'>,
): Promise<ListedAuditRecord | null> {
  // Only service accounts receive tokens.
  if (ownerKind !== 'service-account') return null;
  const [event] = await store.audit.list(transfersOf(id));
  const isToOwner = event?.changes?.some(({ field, to }) => field === 'owner' && to === ownerEmail);
  return event !== undefined && isToOwner ? event : null;
}

/** Returns a page of the events of an owner with the event before all of them, if that one belongs to the page. */
function withTransfer(
  events: ListedAuditRecord[],
  transfer: ListedAuditRecord | null,
  { before, limit }: Page,
): ListedAuditRecord[] {
  if (transfer === null || (before !== null && transfer.id >= before)) return events;
  if (events.some(({ id }) => id === transfer.id)) return events;
  return [...events, transfer].sort((one, other) => (one.id < other.id ? 1 : -1)).slice(0, limit);
}
