import { ProblemError } from '../../../../shared/problem.ts';
import type { RotateTokenBody } from '../../../../shared/schemas/tokens/token-changes.ts';
import type { TokenRecord } from '../../../store/records.ts';
import type { TokenDeps } from '../create.ts';
import { isExpired, tokenStatus } from '../status.ts';
import { type LockedToken, requireActive, tokenInactive } from './find-own.ts';

/**
 * Returns a locked token if its owner may rotate it: an active token, or a paused one whose old value ends at once. The pause stays, so
 * that a value that looks stolen can be replaced before the token is resumed. Otherwise the stolen value would have to work again first.
 * @throws ProblemError `token-inactive`, also for a paused token that has expired, which a rotation would revive; `exchanged-token`
 */
export function requireRotatable(
  deps: Pick<TokenDeps, 'statusContext'>,
  locked: LockedToken,
  { overlap }: Pick<RotateTokenBody, 'overlap'>,
): TokenRecord {
  const { token, isAllowed } = locked;
  const context = deps.statusContext();
  const isPaused = tokenStatus(token, context) === 'paused';
  // A job received an exchanged token, and nobody changes it.
  if (!isPaused || !isAllowed || token.trustId !== null) return requireActive(deps, locked);
  if (isExpired(token, context.now)) throw tokenInactive('expired');
  if (overlap !== 0) throw pausedWithOverlap();
  return token;
}

function pausedWithOverlap(): ProblemError {
  const detail =
    'The token is not active (paused). A paused token can be rotated only so that the old value ends at once (overlap 0).';
  return new ProblemError('token-inactive', detail);
}
