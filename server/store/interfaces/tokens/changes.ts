import type { Actor, NewToken, TokenRecord } from '../../records.ts';

/** How a token is paused. */
export interface NewPause {
  at: number;
  /** When the pause ends by itself; null: it does not. */
  until: number | null;
  reason: string | null;
  actor: Actor;
  /** Whether only superusers may end it. */
  bySuperuser: boolean;
}

/** The value that replaces the current value of a token. */
export interface NewValue extends Pick<NewToken, 'hash' | 'prefix' | 'expiresAt' | 'lifetimeMs'> {
  at: number;
  /** The value that was presented, or the current one, is accepted until then. */
  validUntil: number;
  /** Whether the token rotates itself. */
  selfRotated: boolean;
  /** Whether nobody received the current value. It then ends at once, and the previous value stays. */
  replacesUnused: boolean;
}

/** What an edit changes. A field that is missing stays. */
export type TokenEdit = Partial<
  Pick<
    NewToken,
    | ('name' | 'nameFolded' | 'description' | 'expiresAt' | 'lifetimeMs' | 'selfRotate' | 'quietNetworks')
    | ('rules' | 'manage')
  > & { rulesChangedAt: number }
>;

/** The new owner of a token, and what a transfer changes besides. */
export interface NewOwner
  extends Pick<NewToken, 'ownerId' | 'name' | 'nameFolded' | 'expiresAt' | 'lifetimeMs'>,
    Pick<TokenRecord, 'expiryCut'> {
  at: number;
}

/** Changes of tokens that stay. */
export interface TokenChangeStore {
  /** Locks a token until the end of the transaction, and returns its current record. Returns null if it does not exist. */
  lock(id: string): Promise<TokenRecord | null>;
  /**
   * Keeps a token from being changed or destroyed until the end of the transaction, and returns its current record. Unlike
   * `lock`, it does not wait for writes of last uses, so that it needs no order among other tokens. Returns null if the token
   * does not exist.
   */
  hold(id: string): Promise<TokenRecord | null>;
  /** Replaces the current value of a locked token, and ends its previous value. */
  rotate(id: string, value: NewValue): Promise<void>;
  /** Returns the time of the rotation that was `count` rotations ago: with 1, of the newest. Returns null if there were fewer. */
  rotationBefore(id: string, count: number): Promise<number | null>;
  /**
   * Notes at which time these current values were presented. Stores the first time after a rotation, and only of tokens that rotate
   * themselves.
   */
  recordSeen(values: ReadonlyArray<{ tokenId: string; prefix: string }>, at: number): Promise<void>;
  /** Ends the previous value of a token. Returns false if none is accepted. */
  endPrevious(id: string, at: number): Promise<boolean>;
  /**
   * Claims at most `limit` previous values that were used since the rotation, and of whose overlap a quarter or 10 minutes
   * remain. Claims each of them only once, and returns the IDs of their tokens.
   */
  claimPreviousNotices(now: number, limit: number): Promise<string[]>;
  /** Changes a locked token. Returns `name-taken` if the owner has another token of the new name. */
  edit(id: string, edit: TokenEdit): Promise<'edited' | 'name-taken'>;
  /**
   * Gives a locked token to another owner, whom the transaction has locked as well. The token no longer rotates itself, because its former
   * owner knows its value. The token remembers this until it is rotated. Changes nothing if the new owner has another token of the name, or has `limit` tokens that have not expired.
   */
  transfer(id: string, to: NewOwner, limit: number): Promise<'transferred' | 'name-taken' | 'token-limit'>;
  /** Returns all tokens of one owner, ordered by ID. */
  allOf(ownerId: string): Promise<TokenRecord[]>;
  /** Locks all tokens of one owner until the end of the transaction, and returns their current records. */
  lockAllOf(ownerId: string): Promise<TokenRecord[]>;
  /**
   * Locks the tokens that the deletion of a member changes, in the order of their IDs: the member's own, and those that the member paused.
   * Locked one after the other, they could deadlock with a write of last uses.
   */
  lockForDeletion(memberId: string): Promise<void>;
  /**
   * Pauses a token, or replaces the end and the reason of its pause. Returns false if it does not exist, or if a superuser paused
   * it and this pause is not a superuser's.
   */
  pause(id: string, pause: NewPause): Promise<boolean>;
  /**
   * Ends the pause of a token, and keeps it from being idle. Returns false if it does not exist, or if a superuser paused it and
   * `bySuperuser` is false.
   */
  resume(id: string, at: number, bySuperuser: boolean): Promise<boolean>;
}
