import { ProblemError } from '../../../shared/problem.ts';
import { isWellFormedToken } from '../../../shared/token-format.ts';
import type { Actor, ClientRecord, TokenRecord, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { requireMayChange } from '../accounts/for-keys.ts';
import { findMember } from '../accounts/members.ts';
import { noSuchMember } from '../accounts/problems.ts';
import {
  actorOf,
  type Caller,
  type Channel,
  type ClientInfo,
  clientActor,
  isKey,
  type KeyCaller,
  type Operator,
  operatorActor,
  requireScope,
  requireStillAllowed,
} from '../caller.ts';
import { hashSecret } from '../secrets.ts';
import { lockOperator } from './changes/lock-operator.ts';
import type { TokenDeps } from './create.ts';
import { findTokenToChange, tokenNotFound } from './find.ts';
import { requireStoppableByKey } from './rights.ts';
import type { VerifiedToken } from './verify.ts';

/** Revoking destroys a token for good and leaves a tombstone, which keeps the deny reason `revoked` for 90 days. */
export interface Revocation {
  /**
   * Revokes a token, for those who may see it.
   * @throws ProblemError `token-not-found`, `superuser-required`, `not-authenticated`, `scope-missing`, `not-for-keys`
   */
  revoke(operator: Operator, id: string): Promise<void>;
  /** Revokes the token that the request itself presents. @throws ProblemError `token-not-found` */
  revokeItself(token: VerifiedToken, clientInfo: ClientInfo): Promise<void>;
  /**
   * Revokes the token with this value for an OAuth client. Ignores a value that is unknown, revoked or rotated (RFC 7009 §2.2). Returns the
   * hash of the canary with this value, whose use the caller records, or null.
   */
  revokeValue(value: string, client: ClientRecord, clientInfo: ClientInfo): Promise<string | null>;
  /** Revokes every token of the caller and sends one mail. */
  revokeAllOwn(caller: Caller): Promise<void>;
  /**
   * Revokes every token of a member and sends one mail.
   * @throws ProblemError `superuser-required`, `user-not-found`; for a management key, `scope-missing`, and `not-for-keys` for a superuser
   */
  revokeAllOf(operator: Operator, userId: string): Promise<void>;
}

interface Revoker {
  actor: Actor;
  clientInfo: ClientInfo;
  /** `token`: the token revokes itself. `client`: an OAuth client revokes it (RFC 7009). */
  channel: Channel | 'token' | 'client';
}

type Destroy = (store: Store, at: number, actor: Actor) => Promise<TokenRecord[]>;

export function createRevocation(deps: TokenDeps): Revocation {
  const { store, clock } = deps;
  const revokeAndSend = async (by: Revoker, destroy: Destroy): Promise<void> => {
    await revokeTokens(deps, by, destroy);
    deps.notifier.wake();
  };

  return {
    async revoke(operator, id) {
      const found = await findTokenToChange(store, operator, id);
      if (isKey(operator)) requireStoppableByKey(found);
      await revokeAndSend(operatorRevoker(operator), async (store, at, actor) => {
        await lockOperator(store, operator, found);
        const tokens = await destroyOne(id)(store, at, actor);
        // A member may have seen a token that another owner has received since. The transaction then destroys nothing.
        const mayRevokeAll = isKey(operator) || operator.user.superuser;
        if (!mayRevokeAll && tokens.some(({ ownerId }) => ownerId !== found.ownerId)) throw tokenNotFound();
        return tokens;
      });
    },

    async revokeItself({ id, name, ownerId, ownerEmail, ownerKind, manage }, clientInfo) {
      const account = actorOf({ id: ownerId, email: ownerEmail, kind: ownerKind });
      const actor = { ...account, ...(manage !== null && { token: name }) };
      await revokeAndSend({ actor, clientInfo, channel: 'token' }, destroyOne(id));
    },

    async revokeValue(value, client, clientInfo) {
      if (!isWellFormedToken(value)) return null;
      const [match] = await store.tokens.findByHashes([hashSecret(value)]);
      if (match?.kind === 'canary') return match.hash;
      if (match?.kind !== 'token') return null;
      // A person who found a value that no longer works must not be able to stop the value that replaced it.
      if (match.validUntil !== null && match.validUntil <= clock.now()) return null;
      const by: Revoker = { actor: clientActor(client), clientInfo, channel: 'client' };
      await revokeAndSend(by, destroyOne(match.id)).catch(ignoreTokenNotFound);
      return null;
    },

    revokeAllOwn: (caller) => revokeAndSend(operatorRevoker(caller), destroyAllOf(caller.user)),

    async revokeAllOf(operator, userId) {
      requireScope(operator, 'users:write');
      const owner = await findMember(store, operator, 'users:write', userId);
      await revokeAndSend(operatorRevoker(operator), async (store, at, actor) => {
        if (isKey(operator)) await requireMayRevokeAllOf(store, operator, userId);
        return store.tokens.destroyAllOf(owner.id, at, actor);
      });
    },
  };
}

/**
 * Destroys tokens of one owner, and writes their audit events and one mail, in one transaction. Returns the tokens. Call `notifier.wake`
 * afterwards.
 */
export async function revokeTokens(
  { store, clock, auditTrail, notifier }: TokenDeps,
  by: Revoker,
  destroy: Destroy,
): Promise<TokenRecord[]> {
  const at = clock.now();
  return store.transaction(async (store) => {
    const tokens = await destroy(store, at, by.actor);
    for (const token of tokens) await auditTrail.tokenRevoked(store, { at, ...by, token });
    const [token] = tokens;
    if (token === undefined) return tokens;
    // Mail the owner at the time of the revocation, because a transfer may have come before.
    const owner = await store.owners.findById(token.ownerId);
    if (owner === null) throw tokenNotFound();
    await notifier.tokensRevoked(store, { at, ...by, owner, tokens });
    return tokens;
  });
}

/** Throws `token-not-found` if a concurrent request has revoked the token. */
function destroyOne(id: string): Destroy {
  return async (store, at, actor) => {
    const token = await store.tokens.destroy(id, at, actor);
    if (token === null) throw tokenNotFound();
    return [token];
  };
}

function destroyAllOf({ id }: UserRecord): Destroy {
  return (store, at, actor) => store.tokens.destroyAllOf(id, at, actor);
}

/** A concurrent request may revoke the token after it was found. For RFC 7009 that is a success. */
function ignoreTokenNotFound(error: unknown): void {
  if (!(error instanceof ProblemError && error.code === 'token-not-found')) throw error;
}

export function operatorRevoker(operator: Operator): Revoker {
  return { actor: operatorActor(operator), clientInfo: operator.clientInfo, channel: operator.channel };
}

/** Checks again, in the transaction of the change, that the key may change this member. */
async function requireMayRevokeAllOf(store: Store, key: KeyCaller, userId: string): Promise<void> {
  await requireStillAllowed(store, key, 'users:write', userId);
  const member = await store.users.findById(userId);
  if (member === null) throw noSuchMember();
  requireMayChange(key, member);
}
