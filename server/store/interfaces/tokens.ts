import type {
  Actor,
  AppKey,
  AppMatch,
  DeniedRequest,
  EndedToken,
  HashMatch,
  IdempotencyRecord,
  NewToken,
  Page,
  StatusContext,
  TokenRecord,
  TokenUse,
} from '../records.ts';
import type { TokenFilter, TokenSort } from '../token-filter.ts';

import type { TokenChangeStore } from './tokens/changes.ts';

export interface TokenQuery extends Page, StatusContext, TokenFilter {
  ownerId?: string;
  /** Selects the tokens whose rules name the app with this ID. */
  appId?: string;
  /** Selects the tokens that jobs received under the trust with this ID. Together with `exchanged` only, because lists leave these tokens out otherwise. */
  trustId?: string;
  /** Matches any part of the folded name. */
  nameContains?: string;
  /** The tokens that match, if `idsUpTo` has found them. Only these are looked at. */
  among?: readonly string[];
  /**
   * Selects the tokens of service accounts whose value the member with this ID received, because they created the token or rotated it last.
   * Leaves out expired and exchanged tokens, and canaries. A former owner is among them, because owners create and rotate their own tokens.
   */
  knownTo?: string;
  /** The order, newest first by default. `before` then means nothing. */
  sort?: TokenSort;
}

/** The facts about a destroyed token that its tombstone keeps. */
export type NamedToken = Pick<TokenRecord, 'id' | 'name' | 'ownerId' | 'ownerEmail' | 'ownerKind'>;

/** The result of one statement. Each list has one entry per hash or key, in the same order: the match, or null. */
export interface HashesAndVersion {
  matches: Array<HashMatch | null>;
  /**
   * Stands for the state of all apps that the statement read. Each change of an app replaces it, and no value ever returns. Null if
   * the statement found neither a token nor an app.
   */
  appVersion: string | null;
}

export interface HashesAndApps extends HashesAndVersion {
  apps: Array<AppMatch | null>;
}

export interface TokenStore extends TokenChangeStore {
  /**
   * Inserts a token if its owner has no token of this folded name, and fewer than `limit` tokens that have not expired
   * when it is created. Exchanged tokens do not count. For an exchanged token, only those of its trust count. Stores the hash of a canary
   * in another form, so that nothing accepts its value.
   */
  insert(token: NewToken, limit: number): Promise<'inserted' | 'name-taken' | 'token-limit'>;
  findById(id: string): Promise<TokenRecord | null>;
  /** Returns those of the tokens with these IDs that exist, in any order. */
  findMany(ids: readonly string[]): Promise<TokenRecord[]>;
  /** Returns those of these IDs that have a tombstone, each once, with the facts that it keeps. */
  endedAmong(ids: readonly string[]): Promise<NamedToken[]>;
  /** Returns the hash of the current value of a token, by which `findByHashes` finds it. Null if there is no such token. */
  hashOf(id: string): Promise<string | null>;
  list(query: TokenQuery): Promise<TokenRecord[]>;
  /** Returns the IDs of the tokens, revoked ones included, of which a value has or had exactly this prefix. At most 20. */
  idsByPrefix(prefix: string): Promise<string[]>;
  /** Returns the IDs of at most `limit` tokens of all owners with this folded name, newest first. */
  idsByName(nameFolded: string, limit: number): Promise<string[]>;
  /** Returns how many tokens the query selects on all pages, or `max` if there are more. */
  countUpTo(query: Omit<TokenQuery, 'limit' | 'before'>, max: number): Promise<number>;
  /**
   * Counts as `countUpTo` does. Also returns the IDs of these tokens, in any order, if there are fewer than `max` and `list` would have to find
   * them in the same way. Otherwise `ids` is null.
   */
  idsUpTo(query: Omit<TokenQuery, 'limit' | 'before'>, max: number): Promise<{ total: number; ids: string[] | null }>;
  /** Returns how many tokens each filter selects. Each statement counts a slice, so that other reads come in between. */
  countMatching(filters: readonly TokenFilter[], statusContext: StatusContext, sliceSize?: number): Promise<number[]>;
  /** Returns how many of the owner's tokens are active. Leaves out canaries, whose values never work. */
  countActiveOf(ownerId: string, statusContext: StatusContext): Promise<number>;
  /** Looks up hashes in one batch. Returns one entry per hash, in the same order: the match, or null. */
  findByHashes(hashes: readonly string[]): Promise<Array<HashMatch | null>>;
  /** Looks up hashes as `findByHashes` does, and the version of all apps in the same statement. */
  findByHashesAndVersion(hashes: readonly string[]): Promise<HashesAndVersion>;
  /** Does the same, and also looks up apps in that statement. */
  findByHashesAndApps(hashes: readonly string[], keys: readonly AppKey[]): Promise<HashesAndApps>;
  /** Deletes a token and leaves a tombstone. Returns the deleted token, or null if it does not exist. */
  destroy(id: string, at: number, actor: Actor): Promise<TokenRecord | null>;
  /** Deletes those of the tokens with these IDs that the owner has, and leaves tombstones. Returns the deleted tokens, newest first. */
  destroyAmong(ownerId: string, ids: readonly string[], at: number, actor: Actor): Promise<TokenRecord[]>;
  /** Deletes all tokens of one owner and leaves tombstones. Returns the deleted tokens, newest first. */
  destroyAllOf(ownerId: string, at: number, actor: Actor): Promise<TokenRecord[]>;
  /** Deletes all tokens that were exchanged under a trust and leaves tombstones. Returns the deleted tokens. */
  destroyAllOfTrust(trustId: string, at: number, actor: Actor): Promise<TokenRecord[]>;
  /**
   * Deletes the owner's token of this folded name if it has expired at `at`, and leaves a tombstone with the reason
   * `expired`. Frees the name for a new token.
   */
  destroyExpired(token: Pick<NewToken, 'ownerId' | 'nameFolded'>, at: number, actor: Actor): Promise<void>;
  /**
   * Deletes at most 100 tokens of one owner that have expired at `at` and lived for at most a day, the oldest ones beyond the newest
   * `keep`. Leaves tombstones with the reason `expired`.
   */
  destroyManyExpired(ownerId: string, keep: number, at: number, actor: Actor): Promise<void>;
  /**
   * Deletes at most `limit` tokens of any owner that expired at or before `before`, and leaves tombstones with the reason `expired`.
   * With `shortLived`, only those with a lifetime of at most a day. Leaves tokens that another transaction has locked. Returns the number of
   * tokens deleted.
   */
  purgeExpired(
    expired: { before: number; shortLived: boolean; limit: number },
    at: number,
    actor: Actor,
  ): Promise<number>;
  /** Returns how many tokens expire after `now`, and at the latest at each of the times. Exchanged tokens and canaries do not count. */
  countExpiring(now: number, until: readonly number[]): Promise<number[]>;
  /**
   * Stores the newest use of each value in one transaction. Skips values that no longer exist, and uses of a previous value from before
   * its rotation. A stored use that is
   * newer stays, unless it lies so far after `now` that the clock must have been wrong when it was stored. So does one with
   * a path, for a day, if the new one has none.
   */
  recordUses(uses: readonly TokenUse[], now?: number): Promise<void>;
  /** Deletes at most `limit` previous values that ended before `before`. Returns the number of rows deleted. */
  purgePreviousValues(before: number, limit: number): Promise<number>;
  /** Deletes at most `limit` tombstones of tokens destroyed before `before`. Returns the number of rows deleted. */
  purgeTombstones(before: number, limit: number): Promise<number>;
}

export interface IdempotencyStore {
  /**
   * Claims a key for the rest of the transaction. Returns `'claimed'`, or the row that holds the key; rows created
   * before `freshSince` are replaced.
   */
  claim(
    row: IdempotencyRecord,
    freshSince: number,
  ): Promise<'claimed' | Pick<IdempotencyRecord, 'bodyHash' | 'tokenId'>>;
  /** Deletes at most `limit` keys created before `before`. Returns the number of rows deleted. */
  purge(before: number, limit: number): Promise<number>;
}

export interface EndedTokenQuery extends Page {
  ownerId?: string;
  /** Matches any part of the folded name. */
  nameContains?: string;
  /** Only exchanged tokens. They are left out otherwise. */
  exchanged?: true;
  /** Whether the owners have very many ended tokens. These are then read in the order of an index, instead of being sorted. */
  isLong?: boolean;
}

/** Tokens that were revoked, or that were removed after their end, as long as their tombstones are kept. */
export interface EndedTokenStore {
  findById(id: string): Promise<EndedToken | null>;
  /**
   * Returns one page. The tokens that ended last come first. Exchanged ones are in the order in which they were created, newest first, because they
   * end soon after.
   */
  list(query: EndedTokenQuery): Promise<EndedToken[]>;
  /**
   * Returns the number of ended tokens of the owner, or of all owners, without exchanged ones. Returns `max` if there are more.
   */
  countUpTo(ownerId: string | undefined, max: number): Promise<number>;
  /** Returns the requests that were denied since the token ended, newest first. */
  deniedOf(id: string): Promise<DeniedRequest[]>;
}
