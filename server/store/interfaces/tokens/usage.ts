import type {
  DeniedRequest,
  GapTimes,
  NewDeniedRequest,
  NewNetwork,
  OrganizationDay,
  SeenCount,
  TokenUses,
} from '../../records.ts';

/** The process that writes a batch. It numbers its batches, so that a batch that is sent again counts once. */
export interface UsageWriter {
  id: string;
  batch: number;
  at: number;
}

/** Uses that are written together. */
export interface UsageBatch {
  writer: UsageWriter;
  tokens: readonly TokenUses[];
}

/** Uses on one day in UTC, with one outcome. `day` is in days since the epoch. */
export interface DayUses {
  day: number;
  outcome: string;
  uses: number;
}

/** The recorded uses of one token in a window of time. */
export interface UsageWindow {
  days: DayUses[];
  /** Values whose last use lies in the window, most uses first. */
  seen: SeenCount[];
}

export interface UsageStore {
  /**
   * Adds a batch to the stored counts, unless the writer's batch of this number or a later one is stored. Skips tokens
   * that no longer exist. Of each kind of a token's values, such as routes, the 200 most recent stay. Returns the networks
   * that were not stored before, in the order of the batch. Call it in a transaction.
   */
  add(batch: UsageBatch): Promise<NewNetwork[]>;
  /**
   * Claims the one notice of a token's day. Succeeds if the token has no notice on that UTC day or a later one, was first
   * used `minAgeMs` before, had `minUses` other uses, and does not have `quietNetworks`.
   */
  claimNetworkNotice(network: NewNetwork, rule: { minAgeMs: number; minUses: number }): Promise<boolean>;
  /** Returns what is stored about one token since the beginning of a day, in days since the epoch. */
  of(tokenId: string, sinceDay: number): Promise<UsageWindow>;
  /** Returns the uses of all tokens that an owner has now, since the beginning of a day. */
  ofOwner(ownerId: string, sinceDay: number): Promise<DayUses[]>;
  /**
   * Adds verifications to the totals of their days, unless the writer's batch of this number or a later one is stored. The batch has
   * each day once. Call it in a transaction.
   */
  addDays(writer: UsageWriter, days: readonly OrganizationDay[]): Promise<void>;
  /** Returns the totals of all days since `day`, oldest first. A day without verifications is missing. */
  daysSince(day: number): Promise<OrganizationDay[]>;
  /** Returns the oldest day with a total, or null if nothing was verified yet. */
  firstDay(): Promise<number | null>;
  /** Returns the last times at which uses of a token lacked an input of rules. */
  gapsOf(tokenId: string): Promise<GapTimes>;
  /**
   * Stores denied requests, in one transaction. Skips those that are stored already, and those of tokens without a tombstone that no longer exist. Those of
   * other tokens that ended are in `EndedTokenStore.deniedOf`. Of each token, the newest `limits.maxDeniedRequests` stay. Those so far after `now` that a clock must have been wrong do not.
   */
  addDenied(requests: readonly NewDeniedRequest[], now: number): Promise<void>;
  /** Returns the denied requests of a token, newest first. */
  deniedOf(tokenId: string): Promise<DeniedRequest[]>;
  /** Deletes at most `limit` counts of hours before `hour`. Returns the number of rows deleted. */
  purgeHours(hour: number, limit: number): Promise<number>;
  /** Deletes at most `limit` totals of days before `day`. Returns the number of rows deleted. */
  purgeDays(day: number, limit: number): Promise<number>;
  /** Deletes at most `limit` writers that last wrote before `at`. Returns the number of rows deleted. */
  purgeWriters(at: number, limit: number): Promise<number>;
}
