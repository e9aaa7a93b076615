import { ProblemError } from '../../../../shared/problem.ts';
import type { TokenRecord } from '../../../store/records.ts';

type Extended = Pick<TokenRecord, 'expiresAt'>;

/** Reports whether an edit gives a token a later expiry, or none. */
export function isExtended(before: Extended, { expiresAt }: Extended): boolean {
  return before.expiresAt !== null && (expiresAt === null || expiresAt > before.expiresAt);
}

/**
 * Refuses an edit after which the value of a transferred token works longer, or may rotate the token. The former owner knows that
 * value until the first rotation after the transfer, so the edit would keep their access alive. `token` must be locked.
 * @throws ProblemError `rotate-first`
 */
export function requireRotatedFirst(
  token: Pick<TokenRecord, 'expiresAt' | 'selfRotate' | 'formerOwnerKnows'>,
  edit: Partial<Pick<TokenRecord, 'expiresAt' | 'selfRotate'>>,
): void {
  const { expiresAt, selfRotate } = { ...token, ...edit };
  if (!token.formerOwnerKnows) return;
  if (isExtended(token, { expiresAt })) throw rotateFirst('its expiry cannot be extended');
  if (selfRotate && !token.selfRotate) throw rotateFirst('it cannot be allowed to rotate itself');
}

function rotateFirst(refused: string): ProblemError {
  const detail = `The former owner of this token knows its value, so ${refused}. Rotate the token first.`;
  return new ProblemError('rotate-first', detail);
}
