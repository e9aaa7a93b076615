import type { Store } from '../../../store/store.ts';
import { attemptEach } from '../../notifications/digest/attempt-each.ts';
import type { TokenDeps } from '../create.ts';

const maxPerRun = 100;

/**
 * Creates the function that notifies owners of previous values that are still used shortly before their overlap ends. Each value is claimed
 * in the transaction that enqueues its mail, so that of several daemons one sends it, once. Returns the number of claimed values.
 * If a mail cannot be written, the function enqueues the others and then throws the first error.
 */
export function createPreviousNotices({
  store,
  clock,
  notifier,
}: Pick<TokenDeps, 'store' | 'clock' | 'notifier'>): () => Promise<number> {
  const notify = async (store: Store, tokenId: string, at: number) => {
    const token = await store.tokens.findById(tokenId);
    const { previous = null } = token ?? {};
    if (token === null || previous === null || previous.lastUse === null || previous.validUntil <= at) return;
    const owner = await store.owners.findById(token.ownerId);
    if (owner === null) return;
    const { prefix, validUntil, lastUse: use } = previous;
    await notifier.previousValueUsed(store, { at, owner, token, prefix, validUntil, use });
  };

  return async () => {
    const at = clock.now();
    const { claimed, errors } = await store.transaction(async (store) => {
      const tokenIds = await store.tokens.claimPreviousNotices(at, maxPerRun);
      const errors = await attemptEach(tokenIds, (tokenId) => notify(store, tokenId, at));
      return { claimed: tokenIds.length, errors };
    });
    if (claimed > 0) notifier.wake();
    if (errors.length > 0) throw errors[0];
    return claimed;
  };
}
