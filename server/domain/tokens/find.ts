import { ProblemError } from '../../../shared/problem.ts';
import type { TokenRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { maintains } from '../accounts/service-accounts/find.ts';
import { isKey, type Operator, readsEverything, requireScope, requireSuperuser } from '../caller.ts';
import { withoutFormerRequests } from './transfer/former-requests.ts';

type OwnedToken = Pick<TokenRecord, 'ownerId' | 'ownerKind'>;

/**
 * Returns a token to those who may see it: its owner, the maintainers of the service account that owns it, superusers, auditors and
 * management keys. Before a change, call `findTokenToChange` instead.
 * Everyone else gets the error of an ID that does not exist, so that IDs cannot be probed.
 * @throws ProblemError `token-not-found`, `scope-missing`
 */
export async function findToken(store: Store, operator: Operator, id: string): Promise<TokenRecord> {
  const token = await store.tokens.findById(id);
  if (isKey(operator)) requireScope(operator, 'tokens:read');
  if (token === null || !(await seesToken(store, operator, token))) throw tokenNotFound();
  const [shown = token] = await withoutFormerRequests(store, operator, [token]);
  return shown;
}

/**
 * Returns a token as `findToken` does, for a change or a test of a request, but refuses an auditor who does not act as its owner.
 * @throws ProblemError `token-not-found`, `scope-missing`, `superuser-required`
 */
export async function findTokenToChange(store: Store, operator: Operator, id: string): Promise<TokenRecord> {
  const token = await findToken(store, operator, id);
  if (isKey(operator) || (await actsAsOwner(store, operator, token))) return token;
  // The maintainer of the owner may have been removed since the token was found.
  if (!readsEverything(operator)) throw tokenNotFound();
  requireSuperuser(operator);
  return token;
}

/**
 * Returns the tokens that have or had a value with this prefix, among those that `findToken` returns, newest first. For a member
 * who may not read everything, it reads only their own rows, so that the time reveals nothing about the tokens of others.
 * @throws ProblemError `scope-missing`
 */
export async function findByPrefix(
  store: Store,
  operator: Operator,
  prefix: string,
  before: string | null,
): Promise<TokenRecord[]> {
  if (isKey(operator)) requireScope(operator, 'tokens:read');
  const tokens = readsEverything(operator)
    ? await Promise.all((await store.tokens.idsByPrefix(prefix)).map((id) => store.tokens.findById(id)))
    : await ownByPrefix(store, operator.user.id, prefix);
  const matching = tokens
    .filter((token): token is TokenRecord => token !== null && (before === null || token.id < before))
    .sort((a, b) => (a.id < b.id ? 1 : -1));
  return withoutFormerRequests(store, operator, matching);
}

async function ownByPrefix(store: Store, userId: string, prefix: string): Promise<TokenRecord[]> {
  const owners = [userId, ...(await store.serviceAccounts.maintainedBy(userId))];
  const found = await store.search.tokensOf({ text: prefix, folded: prefix }, { ids: owners, matching: [] }, 20);
  // A search also finds the prefix in names and descriptions.
  return found
    .filter(({ token, earlierPrefix }) => token.prefix === prefix || earlierPrefix === prefix)
    .map(({ token }) => token);
}

/** Reports whether the operator may see a token of this owner. The caller checks the scope of a management key. */
export async function seesToken(store: Store, operator: Operator, token: OwnedToken): Promise<boolean> {
  return readsEverything(operator) || (await actsAsOwner(store, operator, token));
}

/**
 * Reports whether the operator may do with a token what its owner may: they own it, or they maintain the service account that owns it. Every
 * function that asks who acts on a token asks here.
 */
export async function actsAsOwner(
  store: Pick<Store, 'serviceAccounts'>,
  operator: Operator,
  { ownerId, ownerKind }: OwnedToken,
): Promise<boolean> {
  if (ownerKind === 'service-account') return maintains(store, operator, ownerId);
  return ownerId === operator.user.id;
}

export function tokenNotFound(): ProblemError {
  return new ProblemError('token-not-found', 'There is no such token.');
}
