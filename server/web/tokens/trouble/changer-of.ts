import type { TokenStatus } from '../../../../shared/schemas/tokens/tokens.ts';
import type { TokenRecord } from '../../../store/records.ts';

/** Returns who looks after a token and may revoke it, as the start of a sentence. */
export function keeperOf({ ownerKind }: Pick<TokenRecord, 'ownerKind'>): string {
  return ownerKind === 'service-account' ? 'A maintainer of the service account' : 'Its owner';
}

/** Returns who may rotate and edit a token, as the start of a sentence. */
export function changerOf({ manage, ownerKind }: Pick<TokenRecord, 'manage' | 'ownerKind'>): string {
  return manage === null ? keeperOf({ ownerKind }) : 'An Organization Superuser';
}

/** Reports whether only superusers resume a token with this status. */
export function isForSuperusers(
  { manage, pausedBySuperuser }: Pick<TokenRecord, 'manage' | 'pausedBySuperuser'>,
  status: TokenStatus,
): boolean {
  return manage !== null || (status === 'paused' && pausedBySuperuser);
}
