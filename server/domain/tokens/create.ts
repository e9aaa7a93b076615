import { foldName } from '../../../shared/names.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { CreateTokenBody } from '../../../shared/schemas/tokens/tokens.ts';
import { displayPrefix } from '../../../shared/token-format.ts';
import type { StatusContext, TokenRecord, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import { actorOf, type Channel, type ClientInfo, systemActor } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { generateToken, type Secret } from '../secrets.ts';
import { sessionEnded, wrongCredentials } from '../sign-in/problems.ts';
import type { Proof } from '../sign-in/start-session.ts';
import { editedRules, linkApps, requireUsableRules } from './changes/edit-rules.ts';
import { chooseExpiry, type ExpiryPolicy, policyFor } from './expiry.ts';
import { claimKey } from './idempotency.ts';
import type { IdlePolicy } from './idle.ts';
import { nameTaken, requireUsableName } from './names.ts';
import { findAppNames, showRules } from './rules/shown-rules.ts';

/** How many expired short-lived tokens of a member stay, for each token that the member may have. */
const expiredPerLimit = 10;

export interface TokenPolicy {
  productPrefix: string;
  maxPerUser: number;
  expiry: ExpiryPolicy;
}

export interface TokenDeps {
  store: Store;
  clock: Clock;
  statusContext: () => StatusContext;
  idlePolicy: Pick<IdlePolicy, 'idleAt'>;
  newId: () => string;
  auditTrail: AuditTrail;
  notifier: Notifier;
  policy: TokenPolicy;
}

/** The member who creates a token, with either their session or, at `/api-token-auth/`, their password. */
export interface Creator {
  user: UserRecord;
  clientInfo: ClientInfo;
  channel: Channel;
  sessionId?: string;
  /** Proof of the password that was checked for this request. */
  proof?: Proof;
}

/** `secret` is null if the Idempotency-Key was used before. The value was returned only to the first request. */
export interface Creation {
  token: TokenRecord;
  secret: Secret | null;
}

/** Creates a token, its audit event and its mail in one transaction. `Tokens.create` lists what it throws. */
export async function createToken(
  { store, clock, newId, auditTrail, notifier, policy }: TokenDeps,
  creator: Creator,
  body: CreateTokenBody,
  idempotencyKey?: string,
): Promise<Creation> {
  requireUsableName(body.name, policy);
  requireUsableRules(body);
  const { user, clientInfo, channel } = creator;
  const now = clock.now();
  const secret = generateToken(policy.productPrefix);
  const fresh = {
    id: newId(),
    ownerId: user.id,
    hash: secret.hash(),
    prefix: displayPrefix(secret.reveal()),
    name: body.name,
    nameFolded: foldName(body.name),
    description: body.description || null,
    createdAt: now,
    selfRotate: body.self_rotate ?? false,
    quietNetworks: body.quiet_networks ?? false,
    manage: null,
    trustId: null,
  };

  const creation = await store.transaction(async (store): Promise<Creation> => {
    await lockOwner(store, creator);
    if (idempotencyKey !== undefined) {
      const request = { userId: user.id, key: idempotencyKey, body, tokenId: fresh.id };
      const earlier = await claimKey(store, request, now);
      if (earlier !== null) return { token: earlier, secret: null };
    }
    // After the claim, because a replay must succeed even if the requested expiry has passed since.
    const { rules, apps } = await editedRules(store, null, body);
    const expiry = chooseExpiry(body, policyFor(policy.expiry, apps), now);
    // The name of an expired token is free. If this creation fails, the transaction restores the expired token.
    await store.tokens.destroyExpired(fresh, now, systemActor);
    // Otherwise a member could fill the database for an hour, and slow down every creation.
    await store.tokens.destroyManyExpired(user.id, expiredPerLimit * policy.maxPerUser, now, systemActor);
    const outcome = await store.tokens.insert({ ...fresh, ...expiry, rules }, policy.maxPerUser);
    if (outcome === 'name-taken') throw nameTaken();
    if (outcome === 'token-limit') throw tokenLimit(policy.maxPerUser);
    if (apps.length > 0) await linkApps(store, fresh.id, apps);
    const token = await store.tokens.findById(fresh.id);
    if (token === null) throw new Error('The token that was just inserted cannot be found.');
    await auditTrail.tokenCreated(store, { at: now, actor: actorOf(user), token, clientInfo });
    const shownRules = showRules(token, await findAppNames(store, [token]));
    await notifier.tokenCreated(store, { at: now, owner: user, token, rules: shownRules, clientInfo, channel });
    return { token, secret };
  });
  if (creation.secret !== null) notifier.wake();
  return creation;
}

/**
 * Locks what the creation depends on, in this order: the member, the session, the password proof. A transaction that
 * takes away the permission, ends the session or changes the password therefore comes before this one or after it.
 * @throws ProblemError `permission-missing`; `not-authenticated` if the session has ended; `wrong-credentials` if the
 * password has changed
 */
async function lockOwner(store: Store, { user: { id }, sessionId, proof }: Creator): Promise<void> {
  if (!(await store.owners.lockForNewToken(id))) throw permissionMissing();
  if (sessionId !== undefined && !(await store.sessions.lock(sessionId))) throw sessionEnded();
  if (proof !== undefined && !(await store.users.lockForNewSession(id, proof))) throw wrongCredentials();
}

function tokenLimit(maxPerUser: number): ProblemError {
  return new ProblemError(
    'token-limit',
    `You have reached the limit of ${maxPerUser} tokens. Revoke one that you no longer need.`,
  );
}

function permissionMissing(): ProblemError {
  return new ProblemError(
    'permission-missing',
    'You need the permission “Can create and manage personal API tokens”. Ask an Organization Superuser to grant it.',
  );
}
