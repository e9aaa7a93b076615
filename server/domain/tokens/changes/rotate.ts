import { limits } from '../../../../shared/limits.ts';
import { ProblemError } from '../../../../shared/problem.ts';
import type { RotateTokenBody, SelfRotateBody } from '../../../../shared/schemas/tokens/token-changes.ts';
import { displayPrefix } from '../../../../shared/token-format.ts';
import type { Actor, PreviousValue, TokenRecord, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import {
  actorOf,
  type Channel,
  type ClientInfo,
  isKey,
  type Operator,
  operatorActor,
  requireSuperuser,
} from '../../caller.ts';
import { requireNoCanary } from '../../leaks/canary-field.ts';
import { boundsOf } from '../../machines/manage-field.ts';
import { generateToken } from '../../secrets.ts';
import { confirmedActions, requireConfirmed } from '../../sign-in/confirmation/required.ts';
import type { Creation, TokenDeps } from '../create.ts';
import { policyFor, rotatedExpiry } from '../expiry.ts';
import { findTokenToChange, tokenNotFound } from '../find.ts';
import { claimKey } from '../idempotency.ts';
import { requireChangeableByKey } from '../rights.ts';
import { isPaused, workingPreviousValue } from '../status.ts';
import type { VerifiedToken } from '../verify.ts';
import { lockAppsOf } from './edit-rules.ts';
import { findOwnToken, lockActiveToken, lockOwnToken, ownerOf } from './find-own.ts';
import { lockOperator } from './lock-operator.ts';
import { requireRotatable } from './rotate-paused.ts';
import {
  isUnusedAfterSelfRotation,
  previousValueRefused,
  selfRotateOff,
  selfRotationWindowMs,
  tooManySelfRotations,
} from './self-rotation.ts';

/** Rotating a token replaces its value. The old one stays accepted for an overlap. */
export interface Rotation {
  /**
   * Gives a new value to one of the operator's tokens, or of a service account that they maintain. See `findOwnToken`. A paused token stays
   * paused, and all its earlier values end at once. See `requireRotatable`.
   * @throws ProblemError `token-not-found`, `owner-only`, `superuser-required`, `not-for-keys`, `token-inactive`, `canary`, `rotation-pending`, `invalid-fields`,
   * `idempotency-mismatch`
   */
  rotate(operator: Operator, id: string, body: RotateTokenBody, options?: RotateOptions): Promise<Creation>;
  /**
   * Gives the token that the request itself presents a new value.
   * @throws ProblemError `token-not-found`, `token-inactive`, `rotation-pending`, `self-rotate-off`, `previous-value`, `throttled`
   */
  rotateItself(presented: VerifiedToken, body: SelfRotateBody, clientInfo: ClientInfo): Promise<Creation>;
  /**
   * Ends the previous value of a token, for those who may see it.
   * @throws ProblemError `token-not-found`, `no-previous-value`, `superuser-required`, `not-for-keys`
   */
  endPrevious(operator: Operator, id: string): Promise<void>;
}

interface RotateOptions {
  idempotencyKey?: string | undefined;
  /** The prefix of the only previous value that `end_previous` may end. Missing: any. */
  endsOnly?: string | undefined;
}

/** The owner of a rotated token, the request that rotates it, and its body. */
interface Rotator {
  owner: UserRecord;
  actor: Actor;
  clientInfo: ClientInfo;
  channel: Channel | 'token';
  body: RotateTokenBody;
  endsOnly?: string | undefined;
  /** The token rotates itself with its previous value, because the response with the current one was lost. */
  replacesUnused: boolean;
}

export function createRotation(deps: TokenDeps): Rotation {
  const { store, clock, auditTrail, notifier, policy } = deps;

  /** Replaces the value of a token that is locked and may be rotated, and writes the audit events and the mail. */
  async function replaceValue(store: Store, token: TokenRecord, by: Rotator): Promise<Creation> {
    const { owner, actor, clientInfo, channel, body, replacesUnused } = by;
    const at = clock.now();
    const working = workingPreviousValue(token, at);
    const staysPaused = isPaused(token, at);
    if (working !== null && !replacesUnused) requireMayEnd(working, by, staysPaused);
    const latest = replacesUnused ? working?.validUntil : token.expiresAt;
    const validUntil = overlapEnd(body, latest ?? null, at);
    const expiryPolicy = policyFor(policy.expiry, boundsOf(token.manage, await lockAppsOf(store, token.rules)));
    const secret = generateToken(policy.productPrefix);
    await store.tokens.rotate(token.id, {
      hash: secret.hash(),
      prefix: displayPrefix(secret.reveal()),
      at,
      validUntil,
      ...rotatedExpiry(token, body, expiryPolicy, at),
      selfRotated: channel === 'token',
      replacesUnused,
    });
    const rotated = await store.tokens.findById(token.id);
    if (rotated === null) throw new Error('The token that was just rotated cannot be found.');
    const event = { at, actor, clientInfo, token: rotated };
    if (working !== null && !replacesUnused) await auditTrail.previousValueEnded(store, event);
    await auditTrail.tokenRotated(store, event);
    await notifier.tokenRotated(store, {
      ...event,
      owner,
      channel,
      overlapEndsAt: validUntil > at ? validUntil : null,
      staysPaused,
    });
    return { token: rotated, secret };
  }

  return {
    async rotate(operator, id, body, { idempotencyKey, endsOnly } = {}) {
      const found = await findOwnToken(store, operator, id);
      requireNoCanary(found, 'rotated');
      const { user, clientInfo, channel } = operator;
      const owner = await ownerOf(store, found, user);
      const rotation = await store.transaction(async (store): Promise<Creation> => {
        const locked = await lockOwnToken(store, { token: found, operator });
        if (found.manage !== null) {
          // The new value is worth as much as a new key.
          await requireConfirmed(store, operator, clock.now(), confirmedActions.rotateKey(found));
        }
        if (idempotencyKey !== undefined) {
          const request = {
            ...{ userId: user.id, ownerId: found.ownerId, tokenId: id },
            ...{ key: idempotencyKey, body: { ...body, rotate: id } },
          };
          const earlier = await claimKey(store, request, clock.now());
          if (earlier !== null) return { token: earlier, secret: null };
        }
        // Check this after the claim, because a replay must succeed even if the token has been paused since.
        const token = requireRotatable(deps, locked, body);
        const by = { owner, actor: operatorActor(operator), clientInfo, channel, body, endsOnly };
        return replaceValue(store, token, { ...by, replacesUnused: false });
      });
      if (rotation.secret !== null) notifier.wake();
      return rotation;
    },

    async rotateItself(presented, body, clientInfo) {
      const { id, ownerId, prefix } = presented;
      const owner = await store.owners.findById(ownerId);
      if (owner === null) throw tokenNotFound();
      const rotation = await store.transaction(async (store) => {
        const token = await lockActiveToken(deps, store, { token: presented });
        if (!token.selfRotate) throw selfRotateOff();
        // Another request may have rotated the token since this one was verified.
        const replacesUnused = token.prefix !== prefix;
        const now = clock.now();
        if (replacesUnused && !isUnusedAfterSelfRotation(token, prefix, now)) throw previousValueRefused();
        const decisive = await store.tokens.rotationBefore(id, limits.maxSelfRotationsPerHour);
        // A rotation in the future was stored while the clock was wrong.
        if (decisive !== null && decisive <= now && decisive > now - selfRotationWindowMs) {
          throw tooManySelfRotations(decisive + selfRotationWindowMs - now);
        }
        const actor = { ...actorOf(owner), ...(token.manage !== null && { token: token.name }) };
        const by = { owner, actor, clientInfo, channel: 'token', body } as const;
        return replaceValue(store, token, { ...by, replacesUnused });
      });
      notifier.wake();
      return rotation;
    },

    async endPrevious(operator, id) {
      const found = await findTokenToChange(store, operator, id);
      if (isKey(operator)) requireChangeableByKey(found);
      else if (found.manage !== null) requireSuperuser(operator);
      await store.transaction(async (store) => {
        await lockOperator(store, operator, found);
        const token = await store.tokens.lock(id);
        // A transfer may have given it to another owner since it was found.
        if (token === null || token.ownerId !== found.ownerId) throw tokenNotFound();
        const at = clock.now();
        if (!(await store.tokens.endPrevious(id, at))) throw noPreviousValue();
        await auditTrail.previousValueEnded(store, {
          at,
          actor: operatorActor(operator),
          clientInfo: operator.clientInfo,
          token,
        });
      });
    },
  };
}

/** The request ends the value before the last rotation only if it says so, unless the token is paused: its values are denied anyway. */
function requireMayEnd({ prefix }: PreviousValue, { body, endsOnly = prefix }: Rotator, isPaused: boolean): void {
  if (!(isPaused || body.end_previous) || endsOnly !== prefix) throw rotationPending();
}

/** Returns when the presented value ends: after the overlap, but not later than `latest`. */
function overlapEnd(
  { overlap = limits.defaultOverlapSeconds }: SelfRotateBody,
  latest: number | null,
  now: number,
): number {
  return Math.min(now + overlap * 1000, latest ?? Number.POSITIVE_INFINITY);
}

function rotationPending(): ProblemError {
  return new ProblemError(
    'rotation-pending',
    'The value before the last rotation still works. End it first, or let this rotation end it (`end_previous`).',
  );
}

function noPreviousValue(): ProblemError {
  return new ProblemError('no-previous-value', 'No earlier value of this token works, so there is none to end.');
}
