import { limits } from '../../../shared/limits.ts';
import { foldName, normalizeName } from '../../../shared/names.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { CreateTokenBody, TokenStatus } from '../../../shared/schemas/tokens.ts';
import { isWellFormedToken } from '../../../shared/token-format.ts';
import type { Actor, ClientRecord, Page, TokenRecord, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { findUser } from '../accounts/members.ts';
import { auditTrail } from '../audit.ts';
import { actorOf, type Caller, type Channel, type ClientInfo, clientActor, requireSuperuser } from '../caller.ts';
import { hashSecret } from '../secrets.ts';
import { type Creation, type Creator, createToken, type TokenDeps } from './create.ts';
import type { VerifiedToken } from './verify.ts';

interface Revoker {
  actor: Actor;
  clientInfo: ClientInfo;
  /** `token`: a token that revokes itself; `service`: RFC 7009. */
  channel: Channel | 'token' | 'service';
}

type Destroy = (store: Store, at: number, actor: Actor) => Promise<TokenRecord[]>;

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
  /** A token that asks about itself. @throws ProblemError `token-not-found` if it was revoked meanwhile */
  getItself(token: VerifiedToken): Promise<TokenRecord>;
  /** A token that revokes itself. @throws ProblemError `token-not-found` */
  revokeItself(token: VerifiedToken, clientInfo: ClientInfo): Promise<void>;
  /** The token with this value, whatever its state, by a service; a value that is nobody's is no error (RFC 7009 §2.2). */
  revokeValue(value: string, client: ClientRecord, clientInfo: ClientInfo): Promise<void>;
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
      if (tokens.length > 0) await deps.notifier.tokensRevoked(store, { at, ...by, owner, tokens });
    });
    deps.notifier.wake();
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
        return store.tokens.list({ ...rest, ...deps.statusContext() });
      }
      const ownerId = user === undefined ? caller.user.id : (await findUser(store, caller, user)).id;
      return store.tokens.list({ ...rest, ...deps.statusContext(), ownerId });
    },

    async countWorking(caller, userId) {
      requireSuperuser(caller);
      return store.tokens.countActiveOf(userId, deps.statusContext());
    },

    async revoke(caller, id) {
      const { ownerId } = await get(caller, id);
      const owner = ownerId === caller.user.id ? caller.user : await store.users.findById(ownerId);
      await revoke(owner, byCaller(caller), destroyOne(id));
    },

    async getItself({ id }) {
      const token = await store.tokens.findById(id);
      if (token === null) throw noSuchToken();
      return token;
    },

    async revokeItself({ id, ownerId, ownerEmail }, clientInfo) {
      const actor = actorOf({ id: ownerId, email: ownerEmail });
      await revoke(
        await store.users.findById(ownerId),
        { actor, clientInfo: clientInfo, channel: 'token' },
        destroyOne(id),
      );
    },

    async revokeValue(value, client, clientInfo) {
      if (!isWellFormedToken(value)) return;
      const [match] = await store.tokens.findByHashes([hashSecret(value)]);
      if (match?.kind !== 'token') return;
      const owner = await store.users.findById(match.ownerId);
      const by: Revoker = { actor: clientActor(client), clientInfo: clientInfo, channel: 'service' };
      await revoke(owner, by, destroyOne(match.id)).catch(unlessGone);
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

/** Somebody else was faster. */
function unlessGone(error: unknown): void {
  if (!(error instanceof ProblemError && error.code === 'token-not-found')) throw error;
}

function byCaller({ user, clientInfo, channel }: Caller): Revoker {
  return { actor: actorOf(user), clientInfo: clientInfo, channel };
}

function noSuchToken(): ProblemError {
  return new ProblemError('token-not-found', 'There is no such token.');
}
