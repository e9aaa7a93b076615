import type { AppRecord, Page } from '../records.ts';

/** The changes of an edit. A missing field stays as it is. */
export type AppEdit = Partial<Pick<AppRecord, 'url' | 'hosts' | 'groups' | 'maxExpirySeconds' | 'preflight'>> &
  Pick<AppRecord, 'changedAt'>;

/** Upstream applications behind the proxy. Each change also replaces the version of all apps, which `TokenStore` returns. */
export interface AppStore {
  /**
   * Inserts an app with its hosts, in a transaction that rolls back unless this returns `'inserted'`. Returns `takenHost` if another
   * app has one of the hosts.
   */
  insert(app: AppRecord): Promise<'inserted' | 'name-taken' | { takenHost: string }>;
  /** Changes an app, in a transaction that rolls back unless this returns `'edited'`. New hosts replace all present ones. */
  edit(id: string, edit: AppEdit): Promise<'edited' | 'missing' | { takenHost: string }>;
  /**
   * Deletes an app, in a transaction. Returns `'in-use'` and changes nothing if tokens are restricted to it, unless `force` is true.
   * The rules of those tokens keep the app's ID.
   */
  delete(id: string, force: boolean): Promise<'deleted' | 'in-use' | 'missing'>;
  findById(id: string): Promise<AppRecord | null>;
  findByName(name: string): Promise<AppRecord | null>;
  /** Lists apps, newest first. `name` selects the app of that name. */
  list(query: Page & { name?: string }): Promise<AppRecord[]>;
  /** Returns names of apps in alphabetical order, at most `limit`. */
  names(limit: number): Promise<string[]>;
  /** Returns the number of tokens that are restricted to an app. */
  countTokens(id: string): Promise<number>;
  /** Returns the names of those of these apps that exist, by their IDs. */
  namesOf(ids: readonly string[]): Promise<Map<string, string>>;

  // The next methods lock apps until the transaction ends.
  /** Locks an app for a change, and returns its current record. Returns null if it does not exist. */
  lock(id: string): Promise<AppRecord | null>;
  /**
   * Locks the apps of these names against changes, and returns those that exist, ordered by ID. A token that is restricted to them in
   * the same transaction can neither miss a lower maximum nor outlive the check for tokens when an app is deleted.
   */
  lockByNames(names: readonly string[]): Promise<AppRecord[]>;
  /** Does the same for apps of these IDs. */
  lockByIds(ids: readonly string[]): Promise<AppRecord[]>;

  /** Stores to which apps a token is restricted, in the transaction that locked both. Replaces what was stored. */
  setTokenApps(tokenId: string, appIds: readonly string[]): Promise<void>;
}
