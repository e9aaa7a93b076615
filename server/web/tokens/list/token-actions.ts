import { idleNoticeMs } from '../../../domain/notifications/digest/notice-rules.ts';
import { isExpired, tokenStatus, workingPreviousValue } from '../../../domain/tokens/status.ts';
import type { StatusContext, TokenRecord } from '../../../store/records.ts';
import type { TokenAction } from '../token-change-dialogs.tsx';
import { isForSuperusers } from '../trouble/changer-of.ts';

export type OfferedAction = TokenAction | 'narrow';

const labels: ReadonlyArray<[OfferedAction, string]> = [
  ['rotate', 'Rotate'],
  ['end-previous', 'End the old value'],
  ['edit', 'Edit'],
  ['narrow', 'Limit it to what it used'],
  ['pause', 'Pause'],
  ['resume', 'Resume'],
];

/** The facts that decide which actions a reader sees. */
export interface TokenRole {
  superuser: boolean;
  /** Whether the reader owns the token, or maintains the service account that owns it. */
  actsAsOwner: boolean;
}

/**
 * Returns the changes that fit the token's state and the reader's role, with their labels. Only the owner and the maintainers of
 * the owner may rotate or edit it, and only a superuser may resume what a superuser paused. A paused token can be rotated, but not
 * edited. Only superusers change or resume a management key. Nobody changes a token that a job received, and nobody rotates or
 * narrows a canary. An auditor changes nothing.
 */
export function offeredActions(
  token: TokenRecord,
  statusContext: StatusContext,
  { superuser, actsAsOwner }: TokenRole,
): ReadonlyArray<[OfferedAction, string]> {
  if (!superuser && !actsAsOwner) return [];
  const isKey = token.manage !== null;
  const status = tokenStatus(token, statusContext);
  const isActive = status === 'active';
  const mayChange = (isKey ? superuser : actsAsOwner) && token.trustId === null;
  const mayResume = superuser || !isForSuperusers(token, status);
  // A resumption does not help an expired token, which stays rejected. It does help an expired canary: its uses are mailed again.
  const isLost = isExpired(token, statusContext.now) && !token.canary;
  const canResume = status === 'idle' || status === 'paused' || (isActive && becomesIdleSoon(token, statusContext));
  const fits: Record<OfferedAction, boolean> = {
    rotate: mayChange && canRotate(token, statusContext),
    'end-previous': workingPreviousValue(token, statusContext.now) !== null && (superuser || !isKey),
    edit: mayChange && isActive,
    narrow: mayChange && isActive && !isKey && !token.canary,
    pause: isActive,
    resume: mayResume && canResume && !isLost,
  };
  return labels.filter(([action]) => fits[action]);
}

/** Reports whether a token can be rotated. The value of a paused one may be stolen, so it can be replaced before the token is resumed. */
function canRotate(token: TokenRecord, statusContext: StatusContext): boolean {
  const status = tokenStatus(token, statusContext);
  return (status === 'active' || (status === 'paused' && !isExpired(token, statusContext.now))) && !token.canary;
}

/** Reports whether the daily mail would say that the token becomes idle. */
function becomesIdleSoon({ activeAt }: TokenRecord, { idleBefore }: StatusContext): boolean {
  return idleBefore !== undefined && activeAt < idleBefore + idleNoticeMs;
}
