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
 * Keeps a management key from the service accounts that own other keys: it could stop these keys or let them work again, or choose who
 * maintains them. Call it when the account is locked. @throws ProblemError `not-for-keys`
 */
export async function requireOwnsNoKey(
  { tokens }: Pick<Store, 'tokens'>,
  operator: Operator,
  id: string,
  now: number,
): Promise<void> {
  if (!isKey(operator)) return;
  if (await ownsKey({ tokens }, id, now)) {
    throw notForKeys(
      'A management key cannot change the maintainers of a service account that owns management keys, nor disable, enable or delete that account.',
    );
  }
}

/** Reports whether a service account owns a management key that has not expired. Keys that are paused count, too. */
export async function ownsKey({ tokens }: Pick<Store, 'tokens'>, id: string, now: number): Promise<boolean> {
  return (await tokens.allOf(id)).some((token) => token.manage !== null && !isExpired(token, now));
}
