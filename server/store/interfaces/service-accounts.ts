import type { Page, ServiceAccountSummary, UserRecord } from '../records.ts';

/** Owners of tokens that are not people. No method finds or lists a deleted service account, or a member. */
export interface ServiceAccountStore {
  /** Returns false if the name is taken. */
  insert(account: UserRecord): Promise<boolean>;
  /**
   * Inserts a service account in a transaction if there is no other one. Returns false if there is, or if a concurrent transaction inserts
   * one with this method.
   */
  insertFirst(account: UserRecord): Promise<boolean>;
  findById(id: string): Promise<UserRecord | null>;
  findByName(name: string): Promise<UserRecord | null>;
  summary(id: string): Promise<ServiceAccountSummary | null>;
  /**
   * Lists service accounts, newest first. `maintainerId` selects those of one member, `orphaned` those without an enabled maintainer.
   */
  list(query: Page & { name?: string; maintainerId?: string; orphaned?: true }): Promise<ServiceAccountSummary[]>;
  countOrphaned(): Promise<number>;
  /** Returns the names of the newest enabled service accounts in alphabetical order, at most `limit`. */
  enabledNames(limit: number): Promise<string[]>;
  /** Locks a service account until the transaction ends, and returns its current record. Returns null if it does not exist. */
  lock(id: string): Promise<UserRecord | null>;

  // Setters return true if they changed the row, and false if it already had that value or does not exist.
  setDescription(id: string, description: string | null): Promise<boolean>;
  /** Stores the names of groups: a JSON array, or null for none. */
  setGroups(id: string, groups: string | null): Promise<boolean>;
  setDisabled(id: string, value: boolean): Promise<boolean>;
  /**
   * Deletes a service account that has no tokens left, in a transaction, with its trusts and its maintainers. Its name is then free. Returns
   * false if there is no such service account.
   */
  delete(id: string, at: number): Promise<boolean>;

  // Lock the service account before a change of its maintainers, or before a change that a maintainer makes.
  /** Returns the members who look after a service account, ordered by email address. Some may be disabled. */
  maintainers(id: string): Promise<UserRecord[]>;
  /** Returns false if the member maintains it already. */
  addMaintainer(id: string, userId: string): Promise<boolean>;
  /** Returns false if the member does not maintain it. */
  removeMaintainer(id: string, userId: string): Promise<boolean>;
  /** Returns whether an enabled member looks after a service account. */
  isMaintainer(id: string, userId: string): Promise<boolean>;
  /** Returns the IDs of the service accounts that a member looks after, or none if the member is disabled. */
  maintainedBy(userId: string): Promise<string[]>;
  /** Returns the service accounts of which a member is the only enabled maintainer, ordered by name. */
  onlyMaintainedBy(userId: string): Promise<UserRecord[]>;
  /** Returns whether a member, enabled or not, looks after a service account with a management key that has not expired. */
  maintainsKeys(userId: string, now: number): Promise<boolean>;
}
