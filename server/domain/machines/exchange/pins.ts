import type { Store } from '../../../store/store.ts';
import { claimMismatch } from './exchange-error.ts';
import { claimText } from './match-trust.ts';
import type { SubjectClaims } from './subject-token.ts';

/**
 * Requires that a repository is the one that it was at the first exchange under the trust. Whoever takes over the name of a renamed or
 * deleted repository gets tokens with the same name and another ID. Applies to every token with the claim `repository`, as GitHub and its
 * relatives sign it, whatever the issuer.
 * @throws ExchangeError
 */
export async function requirePinned(store: Store, trustId: string, claims: SubjectClaims): Promise<void> {
  if (!Object.hasOwn(claims, 'repository')) return;
  const read = (name: string) => {
    const text = claimText(claims, name);
    if (text === null || text === '') throw claimMismatch(name);
    return text;
  };
  const pin = {
    trustId,
    repository: read('repository'),
    repositoryId: read('repository_id'),
    repositoryOwnerId: read('repository_owner_id'),
  };
  const pinned = await store.trusts.pin(pin);
  if (pinned.repositoryId !== pin.repositoryId) throw claimMismatch('repository_id');
  if (pinned.repositoryOwnerId !== pin.repositoryOwnerId) throw claimMismatch('repository_owner_id');
}
