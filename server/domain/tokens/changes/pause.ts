import { ProblemError } from '../../../../shared/problem.ts';
import type { PauseTokenBody } from '../../../../shared/schemas/tokens/token-changes.ts';
import type { TokenRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { isKey, type Operator, operatorActor, requireSuperuser } from '../../caller.ts';
import type { TokenDeps } from '../create.ts';
import { findTokenToChange, tokenNotFound } from '../find.ts';
import { isPausedByKey, requireResumableByKey, requireStoppableByKey } from '../rights.ts';
import { isExpired, isIdle, isPaused } from '../status.ts';
import { lockOperator } from './lock-operator.ts';

/** A paused token is rejected until it is resumed, or until its pause ends by itself. */
export interface Pausing {
  /**
   * Pauses a token, for those who may see it. Replaces the end and the reason of a pause. A management key replaces only what a key paused.
   * @throws ProblemError `token-not-found`, `not-for-keys`, `paused-by-superuser`, `superuser-required`, `invalid-fields`
   */
  pause(operator: Operator, id: string, body: PauseTokenBody): Promise<TokenRecord>;
  /**
   * Ends the pause of a token, if it has one, and keeps it from being idle for the whole time again. Without a limit for idle
   * tokens, changes nothing but a pause. Mails the owner only if the token was rejected before. Only superusers resume a management key.
   * @throws ProblemError `token-not-found`, `not-for-keys`, `paused-by-superuser`, `superuser-required`
   */
  resume(operator: Operator, id: string): Promise<TokenRecord>;
}

export function createPausing(deps: TokenDeps): Pausing {
  const { store, clock, auditTrail, notifier, statusContext, idlePolicy } = deps;

  /** Locks a token that the operator may pause or resume, and changes it. */
  async function change(
    operator: Operator,
    id: string,
    work: (store: Store, token: TokenRecord, isOwn: boolean) => Promise<void>,
  ): Promise<TokenRecord> {
    const found = await findTokenToChange(store, operator, id);
    const changed = await store.transaction(async (store) => {
      const isOwn = await lockOperator(store, operator, found);
      const token = await store.tokens.lock(id);
      // A transfer may have given it to another owner since it was found.
      if (token === null || token.ownerId !== found.ownerId) throw tokenNotFound();
      await work(store, token, isOwn);
      return store.tokens.findById(id);
    });
    if (changed === null) throw tokenNotFound();
    notifier.wake();
    return changed;
  }

  /** A limit that is not in force yet counts as well, because the daily mail about it comes before. */
  function canBeIdle(token: TokenRecord, at: number): boolean {
    return idlePolicy.idleAt(token.activeAt) !== null && !isExpired(token, at);
  }

  return {
    pause: (operator, id, body) =>
      change(operator, id, async (store, token, isOwn) => {
        const at = clock.now();
        if (isKey(operator)) requirePausableByKey(token, at);
        const { user, clientInfo, channel } = operator;
        const pause = { at, until: pauseEnd(body, at), reason: body.reason || null };
        if (endsSooner(pause.until, token, at)) requireMayResume(operator, token, true);
        const actor = operatorActor(operator);
        const bySuperuser = !isOwn || (user.superuser && staysOfSuperuser(token, at));
        if (!(await store.tokens.pause(id, { ...pause, actor, bySuperuser }))) throw pausedBySuperuser(token);
        const event = { at, actor, clientInfo, token };
        await auditTrail.tokenPaused(store, event);
        const owner = await ownerToTell(store, token, isOwn);
        if (owner !== null) await notifier.tokenPaused(store, { ...event, ...pause, owner, channel });
      }),

    resume: (operator, id) =>
      change(operator, id, async (store, token, isOwn) => {
        const at = clock.now();
        requireMayResume(operator, token, isPaused(token, at));
        const { user, clientInfo, channel } = operator;
        if (!isPaused(token, at) && !canBeIdle(token, at)) return;
        const mayEndAnyPause = user.superuser || isKey(operator);
        if (!(await store.tokens.resume(id, at, mayEndAnyPause))) throw pausedBySuperuser(token);
        const event = { at, actor: operatorActor(operator), clientInfo, token };
        await auditTrail.tokenResumed(store, event);
        if (!isPaused(token, at) && !isIdle(token, statusContext())) return;
        const owner = await ownerToTell(store, token, isOwn);
        if (owner !== null) await notifier.tokensResumed(store, { ...event, tokens: [token], owner, channel });
      }),
  };
}

/** Returns the owner if somebody else made the change, or if others look after the token, so that they get a mail. */
export async function ownerToTell(store: Store, { ownerId, ownerKind }: TokenRecord, isOwn: boolean) {
  return isOwn && ownerKind === 'member' ? null : store.owners.findById(ownerId);
}

/**
 * Reports whether a pause by a superuser who is also the owner counts as a superuser's. It does for a management key, and for a
 * token that a superuser paused before.
 */
export function staysOfSuperuser(token: TokenRecord, at: number): boolean {
  return token.manage !== null || (isPaused(token, at) && token.pausedBySuperuser);
}

/** Maintainers stop management keys, but only superusers let them work again. @throws ProblemError `superuser-required`, `not-for-keys` */
function requireMayResume(operator: Operator, token: TokenRecord, paused: boolean): void {
  if (isKey(operator)) requireResumableByKey(token, paused);
  else if (token.manage !== null) requireSuperuser(operator);
}

/** Reports whether a new end of a pause lets the token work sooner than the present one. */
function endsSooner(until: number | null, token: TokenRecord, at: number): boolean {
  return isPaused(token, at) && (until ?? Number.POSITIVE_INFINITY) < (token.pausedUntil ?? Number.POSITIVE_INFINITY);
}

/** A pause of somebody else stays as it is: otherwise the key could end it as its own. @throws ProblemError `not-for-keys` */
function requirePausableByKey(token: TokenRecord, at: number): void {
  requireStoppableByKey(token);
  if (isPaused(token, at) && !isPausedByKey(token)) requireResumableByKey(token, true);
}

function pausedBySuperuser(token: TokenRecord): ProblemError {
  const account = token.pausedByEmail?.replace(/^service-account:/, '');
  const who = isPausedByKey(token) ? `A management key of the service account ${account}` : 'A superuser';
  const detail = `${who} paused this token, so only a superuser may change that. Ask one of yours.`;
  return new ProblemError('paused-by-superuser', detail);
}

/** @throws ProblemError `invalid-fields` if the pause would end in the past */
export function pauseEnd({ until, for: seconds }: PauseTokenBody, now: number): number | null {
  if (seconds !== undefined) return now + seconds * 1000;
  if (until === undefined) return null;
  const end = Date.parse(until);
  if (end > now) return end;
  const detail = 'The end of the pause must be in the future.';
  throw new ProblemError('invalid-fields', detail, { errors: [{ pointer: '/until', detail }] });
}
