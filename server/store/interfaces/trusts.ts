import type { ListedTrust, Page, TrustPin, TrustRecord, UsedSubjectToken } from '../records.ts';

/** The fields that an edit of a trust changes. A field that is missing stays. */
export type TrustEdit = Partial<Omit<TrustRecord, 'id' | 'name' | 'createdAt'>> & Pick<TrustRecord, 'changedAt'>;

/** Trusts in the identity tokens of other systems, and what was exchanged under them. */
export interface TrustStore {
  /** Inserts a trust. Returns false if another trust has its name. */
  insert(trust: TrustRecord): Promise<boolean>;
  /** Returns false if the trust does not exist. */
  edit(id: string, edit: TrustEdit): Promise<boolean>;
  /** Deletes a trust with its pins, but no token. Returns false if it does not exist. */
  delete(id: string): Promise<boolean>;
  findById(id: string): Promise<ListedTrust | null>;
  /** Lists trusts, newest first. `name` selects the trust of that name, `maintainerId` those of service accounts that the member maintains. */
  list(query: Page & { name?: string; maintainerId?: string }): Promise<ListedTrust[]>;
  /** Returns all trusts in an issuer, oldest first. */
  ofIssuer(issuer: string): Promise<ListedTrust[]>;
  /** Returns all trusts of a service account, oldest first. */
  ofServiceAccount(id: string): Promise<ListedTrust[]>;
  /** Locks a trust for a change until the transaction ends, and returns its current record. Returns null if it does not exist. */
  lock(id: string): Promise<ListedTrust | null>;
  /** Locks a trust against changes until the transaction ends. Otherwise as `lock`. */
  lockForUse(id: string): Promise<ListedTrust | null>;

  /** Stores the ID that a name has, unless one is stored. Returns the stored pin. */
  pin(pin: TrustPin): Promise<TrustPin>;
  /** Deletes all pins of a trust. */
  forgetPins(id: string): Promise<void>;
  /**
   * Stores that a subject token was exchanged. Returns false if it was before. A concurrent transaction that stores the same token
   * waits until this one ends.
   */
  useSubjectToken(token: UsedSubjectToken): Promise<boolean>;
  /** Deletes at most `limit` used subject tokens that nobody needs after `before`. Returns the number of rows deleted. */
  purgeSubjectTokens(before: number, limit: number): Promise<number>;
}
