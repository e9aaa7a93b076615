import type { DeniedRequest, TokenRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { type Operator, readsEverything } from '../../caller.ts';

/*
 * Requests that were denied before a transfer show how the former owner used the token: the paths, and perhaps the address of
 * their home. Superusers and auditors may read them. The maintainers who received the token may not.
 */

type AuditReader = Pick<Store, 'audit'>;

/** Returns the tokens without a last denied request from before their last transfer, unless the operator reads everything. */
export async function withoutFormerRequests(
  store: AuditReader,
  operator: Operator,
  tokens: TokenRecord[],
): Promise<TokenRecord[]> {
  if (readsEverything(operator)) return tokens;
  // A transfer gives a token to a service account.
  const given = tokens.filter(({ ownerKind, lastDenied }) => ownerKind === 'service-account' && lastDenied !== null);
  if (given.length === 0) return tokens;
  const transfers = await store.audit.lastTransfers(given.map(({ id }) => id));
  return tokens.map((token) => {
    const at = transfers.get(token.id);
    return at === undefined || (token.lastDenied?.at ?? at) >= at ? token : { ...token, lastDenied: null };
  });
}

/** Returns the denied requests of a token since its last transfer, or all of them if the operator reads everything. */
export async function requestsOfOwner(
  store: AuditReader,
  operator: Operator,
  { id, ownerKind }: Pick<TokenRecord, 'id' | 'ownerKind'>,
  requests: DeniedRequest[],
): Promise<DeniedRequest[]> {
  if (readsEverything(operator) || ownerKind !== 'service-account' || requests.length === 0) return requests;
  const since = (await store.audit.lastTransfers([id])).get(id);
  return since === undefined ? requests : requests.filter(({ at }) => at >= since);
}
