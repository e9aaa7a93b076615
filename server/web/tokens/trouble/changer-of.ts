import type { TokenRecord } from '../../../store/records.ts';

/** Returns who may rotate and edit a token, as the start of a sentence. */
export function changerOf({ manage, ownerKind }: Pick<TokenRecord, 'manage' | 'ownerKind'>): string {
  if (manage !== null) return 'An Organization Superuser';
  return ownerKind === 'service-account' ? 'A maintainer of the service account' : 'Its owner';
}
