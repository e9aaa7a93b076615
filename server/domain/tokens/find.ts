import { ProblemError } from '../../../shared/problem.ts';
import type { TokenRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { Caller } from '../caller.ts';

/**
 * Returns one of the caller's tokens, or any token if the caller is a superuser. Another member's token gives the same
 * error as an ID that does not exist, so that IDs cannot be probed. @throws ProblemError `token-not-found`
 */
export async function findToken(store: Store, caller: Caller, id: string): Promise<TokenRecord> {
  const token = await store.tokens.findById(id);
  if (token === null || !(token.ownerId === caller.user.id || caller.user.superuser)) throw tokenNotFound();
  return token;
}

export function tokenNotFound(): ProblemError {
  return new ProblemError('token-not-found', 'There is no such token.');
}
