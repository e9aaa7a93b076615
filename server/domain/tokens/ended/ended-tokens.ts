import type { DeniedRequest, EndedToken } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { isKey, type Operator, readsEverything, requireScope } from '../../caller.ts';
import { seesToken, tokenNotFound } from '../find.ts';
import { maxFew } from '../lists/sort.ts';
import { type AppNames, namesOfApps } from '../rules/shown-rules.ts';

/** A token that ended, with what happened since. */
export interface EndedTokenFacts {
  token: EndedToken;
  /** The requests that were denied since it ended, newest first. */
  deniedRequests: DeniedRequest[];
  /** The names of the apps that these requests were for. */
  names: AppNames;
}

/**
 * Returns a token that ended to those who could see it: its owner, the maintainers of the service account that owned it, superusers, auditors and
 * management keys. Everyone else gets the error of an ID that never existed.
 * @throws ProblemError `token-not-found`, `scope-missing`
 */
export async function findEndedToken(store: Store, operator: Operator, id: string): Promise<EndedTokenFacts> {
  if (isKey(operator)) requireScope(operator, 'tokens:read');
  const token = await store.endedTokens.findById(id);
  if (token === null || !(await seesToken(store, operator, token))) throw tokenNotFound();
  const deniedRequests = await store.endedTokens.deniedOf(id);
  const names = await namesOfApps(
    store,
    deniedRequests.flatMap(({ appId }) => appId ?? []),
  );
  return { token, deniedRequests, names };
}

type EndedQuery = Parameters<Store['endedTokens']['list']>[0];

/** Returns one page of tokens that ended, the latest first. */
export async function listEnded(store: Pick<Store, 'endedTokens'>, query: EndedQuery): Promise<EndedToken[]> {
  const { ownerId, nameContains, exchanged } = query;
  // With a filter by name, the database sorts all tokens that match.
  const mayBeLong = !exchanged && nameContains === undefined;
  const isLong = mayBeLong && (await store.endedTokens.countUpTo(ownerId, maxFew + 1)) > maxFew;
  return store.endedTokens.list({ ...query, isLong });
}

/** Maximum number of tokens that share a prefix. Prefixes are random, so two are rare already. */
const maxWithPrefix = 20;

/**
 * Returns the tokens that ended of which a value had this prefix, the latest first. Operators who read everything get those of
 * all owners. Other members get their own, and those of the service accounts that they maintain. Reads only rows of these owners.
 * @throws ProblemError `scope-missing`
 */
export async function findEndedByPrefix(
  store: Store,
  operator: Operator,
  prefix: string,
  before: string | null,
): Promise<EndedToken[]> {
  if (isKey(operator)) requireScope(operator, 'tokens:read');
  const owners = readsEverything(operator)
    ? undefined
    : [operator.user.id, ...(await store.serviceAccounts.maintainedBy(operator.user.id))];
  const found = await store.search.endedTokens({ text: prefix, folded: prefix }, maxWithPrefix, owners);
  const tokens = found
    // A search also finds the prefix in names.
    .filter(({ token, earlierPrefix }) => token.prefix === prefix || earlierPrefix === prefix)
    .map(({ token }) => token)
    .sort((a, b) => b.endedAt - a.endedAt || (a.id < b.id ? 1 : -1));
  return before === null ? tokens : tokens.slice(tokens.findIndex(({ id }) => id === before) + 1);
}

/** Why a token ended, and who ended it: an email address, `service-account:NAME` or the name of a client. Null for the daemon itself. */
export interface End {
  reason: 'revoked' | 'expired' | 'idle';
  endedBy: string | null;
}

export function endOf({ reason, actor }: Pick<EndedToken, 'reason' | 'actor'>): End {
  // Every value of a revoked token is revoked.
  return {
    reason: reason === 'rotated' ? 'revoked' : reason,
    endedBy: actor.kind === 'system' ? null : (actor.email ?? actor.id),
  };
}
