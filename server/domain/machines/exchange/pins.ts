import type { TrustPin } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { claimMismatch } from './exchange-error.ts';
import { claimText } from './match-trust.ts';
import type { SubjectClaims } from './subject-token.ts';

/**
 * Requires that a repository and its owner are those that they were at the first exchange under the trust. A stranger
 * can take over the name of a renamed or deleted repository, but not its ID. A stranger who takes over the name of an organization can
 * create repositories that no exchange has seen. Therefore the ID of the owner counts for all of them. Applies to every token with the
 * claim `repository`, as GitHub and its relatives sign it, whatever the issuer.
 * @throws ExchangeError
 */
export async function requirePinned(store: Store, trustId: string, claims: SubjectClaims): Promise<void> {
  if (!Object.hasOwn(claims, 'repository')) return;
  const read = (name: string) => {
    const text = claimText(claims, name);
    if (text === null || text === '') throw claimMismatch(name);
    return text;
  };
  const requirePin = async (pin: Pick<TrustPin, 'kind' | 'name'>, claim: string) => {
    const pinnedId = read(claim);
    const pinned = await store.trusts.pin({ ...pin, trustId, pinnedId });
    if (pinned.pinnedId !== pinnedId) throw claimMismatch(claim);
  };
  const repository = read('repository');
  await requirePin({ kind: 'repository', name: repository }, 'repository_id');
  await requirePin({ kind: 'owner', name: ownerOf(repository) }, 'repository_owner_id');
}

/** Returns the owner in the name of a repository. Names of owners do not differ by case, so that `Acme` has the pin of `acme`. */
function ownerOf(repository: string): string {
  const [owner = ''] = repository.split('/', 1);
  return owner.toLowerCase();
}
