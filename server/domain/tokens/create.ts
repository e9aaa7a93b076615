import { limits } from '../../../shared/limits.ts';
import { foldName } from '../../../shared/names.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { CreateTokenBody } from '../../../shared/schemas/tokens.ts';
import { displayPrefix } from '../../../shared/token-format.ts';
import type { StatusContext, TokenRecord, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { auditTrail } from '../audit.ts';
import { actorOf, type Channel, type ClientInfo } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { generateToken, hashSecret, type Secret } from '../secrets.ts';
import { wrongCredentials } from '../sign-in/sessions.ts';
import { type Proof, sessionEnded } from '../sign-in/start-session.ts';
import { type ExpiryPolicy, resolveExpiry } from './expiry.ts';

export interface TokenPolicy {
  productPrefix: string;
  maximumPerUser: number;
  expiry: ExpiryPolicy;
}

export interface TokenDeps {
  store: Store;
  clock: Clock;
  statusContext: () => StatusContext;
  newId: () => string;
  notifier: Notifier;
  policy: TokenPolicy;
}

/** Whose request creates a token: a session's, or a password's at api-token-auth. */
export interface Creator {
  user: UserRecord;
  clientInfo: ClientInfo;
  channel: Channel;
  sessionId?: string;
  /** Of a password that was checked for this. */
  proof?: Proof;
}

/** `secret` is null when an Idempotency-Key was used before: the value was shown then. */
export interface Creation {
  token: TokenRecord;
  secret: Secret | null;
}

/** Makes a token, its event and its mail, in one transaction. See `TokenService.create` for what it throws. */
export async function createToken(
  { store, clock, newId, notifier, policy }: TokenDeps,
  creator: Creator,
  body: CreateTokenBody,
  idempotencyKey?: string,
): Promise<Creation> {
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
  };
  const audit = auditTrail({ newId });

  const creation = await store.transaction(async (store): Promise<Creation> => {
    await lockOwner(store, creator);
    if (idempotencyKey !== undefined) {
      const row = { userId: user.id, key: idempotencyKey, bodyHash: hashBody(body), tokenId: fresh.id, createdAt: now };
      const claim = await store.idempotency.claim(row, now - limits.idempotencyWindow);
      if (claim !== 'claimed') return replay(store, row.bodyHash, claim);
    }
    // After the claim: an expiry that has passed meanwhile does not refuse a replay.
    const expiresAt = resolveExpiry(body, policy.expiry, now);
    const outcome = await store.tokens.insert({ ...fresh, expiresAt }, policy.maximumPerUser);
    if (outcome === 'name-taken') throw nameTaken();
    if (outcome === 'token-limit') throw tokenLimit(policy.maximumPerUser);
    const token = await store.tokens.findById(fresh.id);
    if (token === null) throw new Error('A token just inserted is not there');
    await audit.tokenCreated(store, { at: now, actor: actorOf(user), token, clientInfo: clientInfo });
    await notifier.tokenCreated(store, { at: now, owner: user, token, clientInfo: clientInfo, channel });
    return { token, secret };
  });
  if (creation.secret !== null) notifier.wake();
  return creation;
}

/** @throws ProblemError `permission-missing`; `not-authenticated`, `wrong-credentials` if session or proof is void by now */
async function lockOwner(store: Store, { user: { id }, sessionId, proof }: Creator): Promise<void> {
  if (!(await store.users.lockForNewToken(id))) throw permissionMissing();
  if (sessionId !== undefined && !(await store.sessions.lock(sessionId))) throw sessionEnded();
  if (proof !== undefined && !(await store.users.lockForNewSession(id, proof))) throw wrongCredentials();
}

/** The same request again: the token without its value. */
async function replay(
  store: Store,
  bodyHash: string,
  earlier: { bodyHash: string; tokenId: string },
): Promise<Creation> {
  if (earlier.bodyHash !== bodyHash) {
    throw new ProblemError(
      'idempotency-mismatch',
      'This Idempotency-Key was used for another request. Send a new key.',
    );
  }
  const token = await store.tokens.findById(earlier.tokenId);
  if (token === null) {
    throw new ProblemError(
      'token-not-found',
      'The token made with this Idempotency-Key was revoked since. Send a new key.',
    );
  }
  return { token, secret: null };
}

/** The order of fields does not count; a field that is null is another body than one without it. */
function hashBody(body: CreateTokenBody): string {
  return hashSecret(JSON.stringify(body, Object.keys(body).sort()));
}

function nameTaken(): ProblemError {
  const detail = 'You already have a token with this name.';
  return new ProblemError('name-taken', detail, { errors: [{ pointer: '/name', detail }] });
}

function tokenLimit(maximum: number): ProblemError {
  return new ProblemError(
    'token-limit',
    `You have reached the limit of ${maximum} tokens. Revoke one you no longer need.`,
  );
}

function permissionMissing(): ProblemError {
  return new ProblemError(
    'permission-missing',
    'You need the permission “Can create and manage personal API tokens”. Ask an Organization Superuser to grant it.',
  );
}
