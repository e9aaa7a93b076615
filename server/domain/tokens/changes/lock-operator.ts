import type { TokenRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { isKey, type Operator, requireStillAllowed, requireStillSuperuser } from '../../caller.ts';
import { sessionEnded } from '../../sign-in/problems.ts';
import { actsAsOwner, tokenNotFound } from '../find.ts';

/**
 * Locks what allows the operator to stop a token: that they are a superuser or that the key works, the service account, the session. Lock the
 * token afterwards. A transaction that removes the maintainer, demotes the superuser or ends the session or the key therefore comes before
 * this one or after it. Returns whether the operator acts as the owner.
 * @throws ProblemError `superuser-required`, `scope-missing`, `not-authenticated`, `token-not-found`
 */
export async function lockOperator(
  store: Store,
  operator: Operator,
  token: Pick<TokenRecord, 'ownerId' | 'ownerKind'>,
): Promise<boolean> {
  if (isKey(operator)) {
    await requireStillAllowed(store, operator, 'tokens:write');
    return false;
  }
  // A superuser who is the owner keeps the rights of both only as long as they are a superuser.
  if (operator.user.superuser) await requireStillSuperuser(store, operator, token.ownerId);
  if (token.ownerKind === 'service-account') await store.serviceAccounts.lock(token.ownerId);
  if (!(await store.sessions.lock(operator.sessionId))) throw sessionEnded();
  const isOwn = await actsAsOwner(store, operator, token);
  if (!isOwn && !operator.user.superuser) throw tokenNotFound();
  return isOwn;
}
