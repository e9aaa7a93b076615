import type { Actor, CollectedEvent, PendingNotice, StatusContext } from '../records.ts';

/** Tokens that expire in one span of time: after `after`, and at the latest at `until`. */
export interface ExpirySpan {
  after: number;
  until: number;
  /** How many tokens to look at. */
  limit: number;
}

/** The bounds of `tidyIdle`. A token was active when it was created, used, rotated or resumed. */
export interface IdleBounds extends Pick<StatusContext, 'now' | 'ssoStaleBefore'> {
  /** The owners of tokens that were last active before this time get a notice. Null: none do. */
  noticeBefore: number | null;
  /** Tokens that were last active before this time are destroyed. */
  destroyBefore: number;
  /** How many tokens to look at. */
  limit: number;
}

/**
 * Notices that members get about their tokens in one mail a day. A notice is in one of these states:
 *
 * 1. Not due: the token has not crossed the threshold.
 * 2. Due: a `mark…` method found that it has. The position up to which tokens were looked at moves in the same transaction, so
 *    that each token crosses each threshold once, whichever node looks.
 * 3. Mailed: `settle` ends it in the transaction that queues the mail.
 *
 * A notice that no longer applies, or that a tighter one replaced, is never mailed.
 */
export interface NoticeStore {
  /**
   * Marks the notice `withinMs` of the tokens of the span as due, unless it was due before. It does not apply to a token with a
   * lifetime of at most a day, or of at most twice `withinMs`. Returns true if the span has more tokens.
   */
  markExpiring(withinMs: number, span: ExpirySpan): Promise<boolean>;
  /**
   * Does the same for tokens that have expired and were used in the week before. Notices of other expired tokens are no longer
   * due. Returns true if the span has more tokens.
   */
  markExpired(span: ExpirySpan): Promise<boolean>;
  /**
   * Looks at the next tokens in the order of their creation. Marks the notices of those that are idle soon as due, unless the owner got one
   * since the token was active. Destroys those that have been idle for long and whose owner may use tokens, and leaves tombstones with the reason `idle`.
   * Returns false at the end, and then for an hour, so that a table of any size is read once an hour at most.
   */
  tidyIdle(bounds: IdleBounds, actor: Actor): Promise<boolean>;
  /**
   * Returns at most `limit` members, in the order of their IDs after `after`, who have due notices of tokens that are not paused, may use tokens and
   * got no daily mail on this UTC day.
   */
  membersToNotify(now: number, page: { after: string; limit: number }): Promise<string[]>;
  /** Returns at most `limit` due notices of a member, of tokens that are not paused. Locks the tokens until the transaction ends. */
  due(ownerId: string, page: { now: number; limit: number }): Promise<PendingNotice[]>;
  /** Claims the daily mail of the UTC day of `now`. Returns false if the member got it already. */
  claimDay(userId: string, now: number): Promise<boolean>;
  /** Ends due notices. Records those about idleness, which are due again only after the token was active. */
  settle(tokenIds: readonly string[], idle: readonly string[], now: number): Promise<void>;
}

/**
 * Events about short-lived tokens that wait for a common mail. The first event of a member opens a window; later ones are stored until
 * it closes. Each method locks the member's window.
 */
export interface CollectedEventStore {
  /**
   * Stores events if a window of the member is open. Otherwise opens one that closes at `now + windowMs`, stores nothing and returns
   * false. A window that holds very many events closes at once.
   */
  collect(
    events: readonly CollectedEvent[],
    window: { userId: string; now: number; windowMs: number },
  ): Promise<boolean>;
  /** Returns at most `limit` members, in the order of their IDs after `after`, whose window has closed, or closes later than any window may. */
  membersWithClosedWindows(now: number, windowMs: number, page: { after: string; limit: number }): Promise<string[]>;
  /**
   * Removes and returns the events of a window that has closed, oldest first. If there are any, opens the next window. Returns an empty
   * list if there are none, or if another node was faster.
   */
  take(userId: string, now: number, windowMs: number): Promise<CollectedEvent[]>;
}
