import { limits } from '../../shared/limits.ts';
import { foldName, normalizeName } from '../../shared/names.ts';
import { ProblemError } from '../../shared/problem.ts';
import type { CreateTokenBody, TokenStatus } from '../../shared/schemas/tokens.ts';
import { displayPrefix } from '../../shared/token-format.ts';
import type { Actor, Moment, Page, TokenRecord, UserRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { auditTrail } from './audit.ts';
import { actorOf, type Caller, type Channel, type Origin, requireSuperuser } from './caller.ts';
import type { Clock } from './clock.ts';
import { type ExpiryPolicy, resolveExpiry } from './expiry.ts';
import type { Postbox } from './postbox.ts';
import { generateToken, hashSecret, type Secret } from './secrets.ts';
import { findUser } from './users.ts';

export interface TokenPolicy {
  productPrefix: string;
  maximumPerUser: number;
  expiry: ExpiryPolicy;
}

export interface TokenDeps {
  store: Store;
  clock: Clock;
  moment: () => Moment;
  newId: () => string;
  postbox: Postbox;
  policy: TokenPolicy;
}

/** Whose request creates a token: a session's, or a password's at api-token-auth. */
export interface Creator {
  user: UserRecord;
  origin: Origin;
  channel: Channel;
}

interface Revoker {
  actor: Actor;
  origin: Origin;
  /** `token`: a token that revokes itself. */
  channel: Channel | 'token';
}

type Destroy = (store: Store, at: number, actor: Actor) => Promise<TokenRecord[]>;

/** `secret` is null when an Idempotency-Key was used before: the value was shown then. */
export interface Creation {
  token: TokenRecord;
  secret: Secret | null;
}

export interface TokenService {
  /** @throws ProblemError `permission-missing`, `name-taken`, `token-limit`, `invalid-fields`, `idempotency-mismatch` */
  create(creator: Creator, body: CreateTokenBody, idempotencyKey?: string): Promise<Creation>;
  /** The owner's, or anybody's for a superuser. @throws ProblemError `token-not-found` */
  get(caller: Caller, id: string): Promise<TokenRecord>;
  /** One's own; a superuser may name a `user` (id or e-mail) or ask for `all`. Newest first; `q` is a part of the name. */
  list(
    caller: Caller,
    query: Page & { user?: string; all?: boolean; status?: TokenStatus; q?: string },
  ): Promise<TokenRecord[]>;
  /** How many tokens of a member work now. @throws ProblemError `superuser-required` */
  countWorking(caller: Caller, userId: string): Promise<number>;
  /** Destroys for good and leaves a tombstone. @throws ProblemError `token-not-found` */
  revoke(caller: Caller, id: string): Promise<void>;
  /** A token that revokes itself. @throws ProblemError `token-not-found` */
  revokeItself(token: TokenRecord, origin: Origin): Promise<void>;
  /** Every token of one member, in one mail. @throws ProblemError `superuser-required`, `user-not-found` */
  revokeAllOf(caller: Caller, userId: string): Promise<void>;
}

/** More than any folded name holds (a character folds to three at most), and little enough for the database. */
const longestPart = 4 * limits.nameCodePoints;

export function createTokens(deps: TokenDeps): TokenService {
  const { store, clock } = deps;
  const audit = auditTrail(deps);

  /** What `destroy` destroys, its events and its one mail are one transaction. */
  async function revoke(owner: UserRecord | null, by: Revoker, destroy: Destroy): Promise<void> {
    if (owner === null) throw noSuchToken();
    const at = clock.now();
    await store.transaction(async (store) => {
      const tokens = await destroy(store, at, by.actor);
      for (const token of tokens) await audit.tokenRevoked(store, { at, ...by, token });
      if (tokens.length > 0) await deps.postbox.tokensRevoked(store, { at, ...by, owner, tokens });
    });
    deps.postbox.wake();
  }

  async function get(caller: Caller, id: string): Promise<TokenRecord> {
    const token = await store.tokens.findById(id);
    if (token === null || !(token.ownerId === caller.user.id || caller.user.superuser)) throw noSuchToken();
    return token;
  }

  return {
    get,
    create: (creator, body, idempotencyKey) => createToken(deps, creator, body, idempotencyKey),

    async list(caller, query) {
      const { user, all, q = '', ...page } = query;
      const part = foldName(normalizeName(q)).slice(0, longestPart);
      const rest = { ...page, ...(part !== '' && { nameContains: part }) };
      if (all) {
        requireSuperuser(caller);
        return store.tokens.list({ ...rest, ...deps.moment() });
      }
      const ownerId = user === undefined ? caller.user.id : (await findUser(store, caller, user)).id;
      return store.tokens.list({ ...rest, ...deps.moment(), ownerId });
    },

    async countWorking(caller, userId) {
      requireSuperuser(caller);
      return store.tokens.countActiveOf(userId, deps.moment());
    },

    async revoke(caller, id) {
      const { ownerId } = await get(caller, id);
      const owner = ownerId === caller.user.id ? caller.user : await store.users.findById(ownerId);
      await revoke(owner, byCaller(caller), destroyOne(id));
    },

    async revokeItself({ id, ownerId, ownerEmail }, origin) {
      const actor = actorOf({ id: ownerId, email: ownerEmail });
      await revoke(await store.users.findById(ownerId), { actor, origin, channel: 'token' }, destroyOne(id));
    },

    async revokeAllOf(caller, userId) {
      requireSuperuser(caller);
      const owner = await findUser(store, caller, userId);
      await revoke(owner, byCaller(caller), (store, at, actor) => store.tokens.destroyAllOf(owner.id, at, actor));
    },
  };
}

/** @throws ProblemError `token-not-found` if it is already gone */
function destroyOne(id: string): Destroy {
  return async (store, at, actor) => {
    const token = await store.tokens.destroy(id, at, actor);
    if (token === null) throw noSuchToken();
    return [token];
  };
}

function byCaller({ user, origin, channel }: Caller): Revoker {
  return { actor: actorOf(user), origin, channel };
}

async function createToken(
  { store, clock, newId, postbox, policy }: TokenDeps,
  { user, origin, channel }: Creator,
  body: CreateTokenBody,
  idempotencyKey?: string,
): Promise<Creation> {
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
    if (!(await store.users.lockForNewToken(user.id))) throw permissionMissing();
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
    await audit.tokenCreated(store, { at: now, actor: actorOf(user), token, origin });
    await postbox.tokenCreated(store, { at: now, owner: user, token, origin, channel });
    return { token, secret };
  });
  if (creation.secret !== null) postbox.wake();
  return creation;
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

function noSuchToken(): ProblemError {
  return new ProblemError('token-not-found', 'There is no such token.');
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
