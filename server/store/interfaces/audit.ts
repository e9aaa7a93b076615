import type { AuditAction } from '../../../shared/audit-actions.ts';
import type { AuditRecord, ListedAuditRecord, Page } from '../records.ts';

export interface AuditQuery extends Page {
  /** Matches events in which the member with this ID is the actor, owner or target. */
  participant?: string;
  /** Email address of the actor, which need not belong to a member. */
  actorEmail?: string;
  /** Matches events in which one of these is the actor, owner or target. */
  participants?: readonly string[];
  /** Matches events whose actor has one of these IDs or addresses, or is the daemon itself. */
  actor?: { ids: readonly string[]; emails: readonly string[]; system?: boolean };
  /** Matches events about the account or a token of one of these. */
  owners?: readonly string[];
  /** Matches events whose target has one of these IDs, or had exactly this name. */
  target?: { ids: readonly string[]; name?: string };
  /** Matches events from one of these addresses. They are compared with what is stored. */
  ips?: readonly string[];
  action?: AuditAction;
  /** Inclusive. */
  since?: number;
  /** Exclusive. */
  until?: number;
}

export interface AuditStore {
  /** Inserts an event, and queues it for the webhooks that its action matches. */
  insert(event: AuditRecord): Promise<void>;
  /** Returns those of these events that exist, in any order. */
  findByIds(ids: readonly string[]): Promise<ListedAuditRecord[]>;
  list(query: AuditQuery): Promise<ListedAuditRecord[]>;
  /**
   * Returns the IDs of different targets of these kinds that events call by one of these names, exactly as they are written. Reads the newest and
   * the oldest 1,000 events of each name, and returns at most `limit`.
   */
  idsNamed(names: readonly string[], kinds: readonly AuditRecord['target']['kind'][], limit: number): Promise<string[]>;
  /**
   * Returns when each of these tokens was last transferred. Leaves out tokens that never were. Reads all events of these tokens.
   */
  lastTransfers(tokenIds: readonly string[]): Promise<Map<string, number>>;
  /** Returns the different addresses of events that begin with one of these texts, at most `limit`. */
  addressesBeginningWith(starts: readonly string[], limit: number): Promise<string[]>;
  /**
   * Gives the next positions to at most `limit` committed events that have none, and returns how many got one. An event that
   * commits later gets a higher position, so that a reader who follows the positions misses none.
   */
  assignPositions(limit: number): Promise<number>;
  /**
   * Returns events in the order of their positions, oldest first. Events without a position are left out. Returns null if there is no event with the ID `after`,
   * and there never was one. If retention deleted that event, continues where it stood.
   */
  listInOrder(query: OrderedAuditQuery): Promise<ListedAuditRecord[] | null>;
  /** Returns the ID of the last event in the order of the positions, or null if there is none. */
  lastInOrder(participant?: string): Promise<string | null>;
  /**
   * Deletes at most `limit` events that were recorded before `before`, and remembers the newest one. Returns the number of events
   * deleted, which is less than `limit` only if no more can be deleted. Keeps events of restores, which later restores need, and
   * events that an enabled webhook is still to receive. Gives up events that only a disabled webhook was to receive.
   */
  purge(query: { before: number; limit: number }): Promise<number>;
  /**
   * Replaces the IP addresses of at most `limit` events that were recorded before `before` by the result of `cut`, oldest first. Returns whether
   * more events may be left.
   */
  cutAddresses(query: { before: number; limit: number; cut: (ip: string) => string | null }): Promise<boolean>;
}

export interface OrderedAuditQuery {
  /** ID of the event before the first one. Null: from the first. */
  after: string | null;
  limit: number;
  /** Matches events in which the member with this ID is the actor, owner or target. */
  participant?: string;
}
