import { ProblemError } from '../../../shared/problem.ts';
import type { TokenRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { isKey, type Operator, requireScope } from '../caller.ts';

/**
 * Returns one of the operator's tokens, or any token for a superuser or a management key. Another member's token gives the same
 * error as an ID that does not exist, so that IDs cannot be probed. @throws ProblemError `token-not-found`, `scope-missing`
 */
export async function findToken(store: Store, operator: Operator, id: string): Promise<TokenRecord> {
  const token = await store.tokens.findById(id);
  if (token === null || !maySee(operator, token)) throw tokenNotFound();
  return token;
}

function maySee(operator: Operator, { ownerId }: TokenRecord): boolean {
  if (!isKey(operator)) return ownerId === operator.user.id || operator.user.superuser;
  requireScope(operator, 'tokens:read');
  return true;
}

export function tokenNotFound(): ProblemError {
  return new ProblemError('token-not-found', 'There is no such token.');
}
