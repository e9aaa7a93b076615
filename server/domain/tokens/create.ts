import { foldName } from '../../../shared/names.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { CreateTokenBody } from '../../../shared/schemas/tokens/tokens.ts';
import { displayPrefix } from '../../../shared/token-format.ts';
import type { Actor, StatusContext, TokenRecord, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { findServiceAccountToChange, maintains } from '../accounts/service-accounts/find.ts';
import { noSuchServiceAccount, serviceAccountDisabled } from '../accounts/service-accounts/problems.ts';
import type { AuditTrail } from '../audit.ts';
import {
  actorOf,
  type Caller,
  isKey,
  notForKeys,
  type Operator,
  operatorActor,
  requireStillAllowed,
  requireStillSuperuser,
  requireSuperuser,
  systemActor,
} from '../caller.ts';
import type { Clock } from '../clock.ts';
import { requireCanaryFields } from '../leaks/canary-field.ts';
import { boundsOf, newScopes } from '../machines/manage-field.ts';
import { tellOfKey } from '../machines/tell-of-key.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { generateToken, type Secret } from '../secrets.ts';
import { confirmedActions, requireConfirmed } from '../sign-in/confirmation/required.ts';
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

/** The creator of a token: a member, with either their session or, at `/api-token-auth/`, their password; or a management key. */
export type Creator = Operator | PasswordCreator;

interface PasswordCreator extends Omit<Caller, 'sessionId'> {
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
  requireCanaryFields(body, body);
  const manage = newScopes(body);
  if (manage !== null) requireKeyCreator(creator);
  const { user, clientInfo, channel } = creator;
  const owner = await ownerOfNew(store, creator, body.service_account);
  const now = clock.now();
  const secret = generateToken(policy.productPrefix);
  const fresh = {
    id: newId(),
    ownerId: owner.id,
    hash: secret.hash(),
    prefix: displayPrefix(secret.reveal()),
    name: body.name,
    nameFolded: foldName(body.name),
    description: body.description || null,
    createdAt: now,
    selfRotate: body.self_rotate ?? false,
    quietNetworks: body.quiet_networks ?? false,
    manage,
    trustId: null,
    canary: body.canary ?? false,
  };

  const creation = await store.transaction(async (store): Promise<Creation> => {
    await lockOwner(store, creator, owner, manage !== null);
    if (manage !== null && isOperator(creator)) {
      await requireConfirmed(store, creator, now, confirmedActions.createKey(body));
    }
    if (idempotencyKey !== undefined) {
      const request = { userId: user.id, ownerId: owner.id, key: idempotencyKey, body, tokenId: fresh.id };
      const earlier = await claimKey(store, request, now);
      if (earlier !== null) return { token: earlier, secret: null };
    }
    // Check this after the claim, because a replay must succeed even if the requested expiry has passed since.
    const { rules, apps } = await editedRules(store, null, body);
    const expiry = chooseExpiry(body, policyFor(policy.expiry, boundsOf(manage, apps)), now);
    const token = await insertToken(store, owner, { ...fresh, ...expiry, rules }, policy.maxPerUser);
    if (apps.length > 0) await linkApps(store, token.id, apps);
    const event = { at: now, actor: creatorActor(creator), token, clientInfo };
    await auditTrail.tokenCreated(store, event);
    const shownRules = showRules(token, await findAppNames(store, [token]));
    const mail = { ...event, owner, rules: shownRules, channel };
    if (manage === null) await notifier.tokenCreated(store, mail);
    else await tellOfKey({ notifier }, store, { ...mail, stage: 'created' });
    return { token, secret };
  });
  if (creation.secret !== null) notifier.wake();
  return creation;
}

/** Inserts the token in place of an expired one of its name. @throws ProblemError `name-taken`, `token-limit` */
async function insertToken(
  store: Store,
  owner: UserRecord,
  fresh: Parameters<Store['tokens']['insert']>[0],
  maxPerUser: number,
): Promise<TokenRecord> {
  // The name of an expired token is free. If this creation fails, the transaction restores the expired token.
  await store.tokens.destroyExpired(fresh, fresh.createdAt, systemActor);
  // Otherwise a member could fill the database for an hour, and slow down every creation.
  await store.tokens.destroyManyExpired(owner.id, expiredPerLimit * maxPerUser, fresh.createdAt, systemActor);
  const outcome = await store.tokens.insert(fresh, maxPerUser);
  if (outcome === 'name-taken') throw nameTaken({ ownerKind: owner.kind });
  if (outcome === 'token-limit') throw tokenLimit(owner, maxPerUser);
  const token = await store.tokens.findById(fresh.id);
  if (token === null) throw new Error('The token that was just inserted cannot be found.');
  return token;
}

/** Returns who will own a new token: the creator, or the service account of this name. @throws ProblemError `service-account-not-found` */
async function ownerOfNew(store: Store, creator: Creator, serviceAccount: string | undefined): Promise<UserRecord> {
  if (serviceAccount === undefined && creator.channel === 'management-key') throw serviceAccountMissing();
  if (serviceAccount === undefined) return creator.user;
  // A password only creates tokens of its member.
  if (!isOperator(creator)) throw noSuchServiceAccount();
  return findServiceAccountToChange(store, creator, 'tokens:write', { name: serviceAccount });
}

/**
 * Locks what the creation depends on, in this order: for a service account, the superusers; the owner, the session, the password proof. A
 * transaction that takes away the permission, removes the maintainer, ends the session or changes the password therefore comes before
 * this one or after it.
 * @throws ProblemError `permission-missing`, `service-account-disabled`, `service-account-not-found`, `superuser-required`;
 * `not-authenticated` if the session has ended; `wrong-credentials` if the password has changed
 */
async function lockOwner(store: Store, creator: Creator, owner: UserRecord, isKeyNew: boolean): Promise<void> {
  const { id } = owner;
  const isOwn = owner.kind === 'member';
  if (isOperator(creator) && isKey(creator)) await requireStillAllowed(store, creator, 'tokens:write', id);
  else if (!isOwn && (creator.user.superuser || isKeyNew)) await requireStillSuperuser(store, creator, id);
  if (!(await store.owners.lockForNewToken(id))) throw isOwn ? permissionMissing() : serviceAccountDisabled();
  if (!isOperator(creator)) await lockProof(store, creator);
  else if (!isKey(creator)) await lockSession(store, creator, owner);
}

async function lockProof(store: Store, { user, proof }: PasswordCreator): Promise<void> {
  if (proof !== undefined && !(await store.users.lockForNewSession(user.id, proof))) throw wrongCredentials();
}

async function lockSession(store: Store, creator: Caller, { id, kind }: UserRecord): Promise<void> {
  if (!(await store.sessions.lock(creator.sessionId))) throw sessionEnded();
  if (kind === 'member' || creator.user.superuser) return;
  if (!(await maintains(store, creator, id))) throw noSuchServiceAccount();
}

function isOperator(creator: Creator): creator is Operator {
  return 'sessionId' in creator || creator.channel === 'management-key';
}

function creatorActor(creator: Creator): Actor {
  return isOperator(creator) ? operatorActor(creator) : actorOf(creator.user);
}

/** Only superusers create management keys. @throws ProblemError `superuser-required`, `not-for-keys` */
function requireKeyCreator(creator: Creator): void {
  if (isOperator(creator) && isKey(creator)) throw notForKeys('A management key cannot create a management key.');
  requireSuperuser(creator);
}

function serviceAccountMissing(): ProblemError {
  const detail =
    'A management key creates tokens of service accounts. Name one in service_account, or with `tokens create --service-account`.';
  return new ProblemError('invalid-fields', detail, { errors: [{ pointer: '/service_account', detail }] });
}

export function tokenLimit({ kind }: UserRecord, maxPerUser: number): ProblemError {
  const owner = kind === 'member' ? 'You have' : 'The service account has';
  return new ProblemError(
    'token-limit',
    `${owner} reached the limit of ${maxPerUser} tokens. Revoke one that is no longer needed.`,
  );
}

export function permissionMissing(): ProblemError {
  return new ProblemError(
    'permission-missing',
    'You need the permission “Can create and manage personal API tokens”. Ask an Organization Superuser to grant it.',
  );
}
