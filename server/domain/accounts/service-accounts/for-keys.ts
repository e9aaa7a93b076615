import type { Store } from '../../../store/store.ts';
import { isKey, notForKeys, type Operator } from '../../caller.ts';
import { isExpired } from '../../tokens/status.ts';

/** A management key may not change the service account that it acts for. @throws ProblemError `not-for-keys` */
export function requireAnother(operator: Operator, id: string): void {
  if (isKey(operator) && operator.user.id === id) {
    throw notForKeys('A management key cannot change its own service account.');
  }
}

/**
 * Keeps a management key from stopping other keys, or letting them work again, with the service account that owns them. Call it when the
 * account is locked. @throws ProblemError `not-for-keys`
 */
export async function requireOwnsNoKey(
  { tokens }: Pick<Store, 'tokens'>,
  operator: Operator,
  id: string,
  now: number,
): Promise<void> {
  if (!isKey(operator)) return;
  const owned = await tokens.allOf(id);
  if (owned.some((token) => token.manage !== null && !isExpired(token, now))) {
    throw notForKeys('A management key cannot disable, enable or delete a service account that owns management keys.');
  }
}
