import type { ClientRecord, Identity, Page, UserRecord, UserSummary } from '../records.ts';

/** Owners of tokens: members and service accounts. */
export interface OwnerStore {
  /** Returns the owner, unless they were deleted. */
  findById(id: string): Promise<UserRecord | null>;
  /**
   * Locks an owner until the transaction ends, and returns whether they may have new tokens: enabled, with the permission. A service
   * account always has the permission.
   */
  lockForNewToken(id: string): Promise<boolean>;
}

/** Members. No method finds or lists a deleted member, or a service account. */
export interface UserStore extends IdentityStore {
  /** Inserts a member, bound to `identity` if given. Returns false if the email address or the identity is taken. */
  insert(user: UserRecord, identity?: Identity): Promise<boolean>;
  findById(id: string): Promise<UserRecord | null>;
  findByEmail(emailFolded: string): Promise<UserRecord | null>;
  summary(id: string): Promise<UserSummary | null>;
  /** `contains` matches any part of the folded name or email address. */
  list(query: Page & { emailFolded?: string; contains?: string }): Promise<UserSummary[]>;
  /** Returns the email addresses of enabled superusers, longest-standing members first. */
  superuserEmails(limit: number): Promise<string[]>;
  /** Returns all enabled superusers, longest-standing members first. */
  superusers(): Promise<UserRecord[]>;
  isEmpty(): Promise<boolean>;

  // Setters return true if they changed the row, and false if it already had that value or does not exist.
  setName(id: string, name: string): Promise<boolean>;
  setCanManageTokens(id: string, value: boolean): Promise<boolean>;
  /** Stores the groups that the identity provider listed: a JSON array of names, or null for none. */
  setSsoGroups(id: string, groups: string | null): Promise<boolean>;
  /** Stores the groups that superusers gave the member, in the same form. */
  setManualGroups(id: string, groups: string | null): Promise<boolean>;
  /** Returns `'last-superuser'` and changes nothing if no enabled superuser would remain. */
  setDisabled(id: string, value: boolean): Promise<boolean | 'last-superuser'>;
  /** Returns `'last-superuser'` and changes nothing if no enabled superuser would remain. */
  setSuperuser(id: string, value: boolean): Promise<boolean | 'last-superuser'>;
  setAuditor(id: string, value: boolean): Promise<boolean>;
  /** Stores the dates that are given. Returns false only if the member does not exist. */
  setDates(id: string, dates: Partial<Pick<UserRecord, 'invitedAt' | 'joinedAt' | 'disabledAt'>>): Promise<boolean>;
  /** Returns false only if the member does not exist. */
  setPasswordHash(id: string, hash: string): Promise<boolean>;
  /** Sets a password that counts until the member's next single sign-on. Returns false only if the member does not exist. */
  setPasswordUntilSso(id: string, hash: string): Promise<boolean>;
  /** Removes a password that `setPasswordUntilSso` set. Returns false if there is none. */
  removePasswordUntilSso(id: string): Promise<boolean>;
  setEmail(id: string, email: string): Promise<boolean | 'email-taken'>;
  /**
   * Deletes a member who has no tokens left, in a transaction: sessions, credentials, mail to their address. Their pseudonym
   * replaces the address in the rows that stay, such as audit events. Returns `'last-superuser'` and changes nothing if no
   * enabled superuser would remain.
   */
  delete(id: string, at: number): Promise<boolean | 'last-superuser'>;
  /** Stores the time of a single sign-on, unless a later one is stored already. */
  recordSsoSignIn(id: string, at: number): Promise<void>;

  // The next methods lock rows until the transaction ends, so that concurrent changes to them wait for it.
  /**
   * Locks all enabled superusers, `id`, and the members and service accounts `others`, in the order of their IDs as `setDisabled` and
   * `setSuperuser` do. Returns whether `id` is an enabled superuser.
   */
  lockSuperusers(id: string, others?: readonly string[]): Promise<boolean>;
  /**
   * Locks a member and returns whether they may start a session: enabled, and unchanged in the fields of `expected`,
   * which the caller read before it checked the credentials.
   */
  lockForNewSession(
    id: string,
    expected?: Partial<Pick<UserRecord, 'passwordHash' | 'totpEnabledAt' | 'passkeyCount' | 'sso'>>,
  ): Promise<boolean>;
}

/** The members' identities at the identity provider. */
export interface IdentityStore {
  findByIdentity(identity: Identity): Promise<UserRecord | null>;
  /** Returns the member's identity, or null if they have none. */
  identityOf(id: string): Promise<Identity | null>;
  /**
   * Binds a member to an identity. Returns false unless the member is enabled and has no identity, nobody has this one, and
   * the member has no password or had an identity before that `clearIdentity` removed.
   */
  bindIdentity(id: string, identity: Identity): Promise<boolean>;
  /** Gives a member an identity in place of the one they have, if any. Returns false if another member has it. */
  setIdentity(id: string, identity: Identity): Promise<boolean>;
  /**
   * Removes the member's identity, at `issuer` if given, and the groups that came with it. Unless `keepsSso`, they no longer
   * count as a member with single sign-on, so that no email address binds them. Returns false if they have no such identity.
   */
  clearIdentity(id: string, options: { issuer?: string | undefined; keepsSso: boolean }): Promise<boolean>;
  /** Returns all issuers and the number of members with an identity there, ordered by issuer. */
  issuers(): Promise<Array<{ issuer: string; members: number }>>;
  /** Returns members with an identity at this issuer, ordered by ID, after the member `after`. */
  membersOfIssuer(issuer: string, page: { limit: number; after: string | null }): Promise<UserRecord[]>;
  /** Returns members at `from` whose subject another member has at `to`, ordered by ID. */
  membersInBoth(from: string, to: string, limit: number): Promise<UserRecord[]>;
  /** Moves all identities to another issuer, unless a subject exists at both. Returns the number of members moved. */
  moveIssuer(from: string, to: string): Promise<number>;
}

export interface ClientStore {
  /** Returns false if the folded name is taken. */
  insert(client: ClientRecord): Promise<boolean>;
  list(page: Page): Promise<ClientRecord[]>;
  findById(id: string): Promise<ClientRecord | null>;
  /** Looks up client IDs in one statement. Returns one entry per ID, in the same order: the client, or null. */
  findByClientIds(clientIds: readonly string[]): Promise<Array<ClientRecord | null>>;
  /** Locks the client until the transaction ends, and returns it. */
  lock(id: string): Promise<ClientRecord | null>;
  /** Returns false if the client does not exist. */
  setRights(id: string, rights: Pick<ClientRecord, 'canRevoke' | 'canReport'>): Promise<boolean>;
  /** Returns false if the client does not exist. */
  setSecretHash(id: string, hash: string): Promise<boolean>;
  /** Returns false if the client does not exist. */
  delete(id: string): Promise<boolean>;
}
