import type { Operator } from '../../caller.ts';
import { lockOperator } from '../changes/lock-operator.ts';
import type { TokenDeps } from '../create.ts';
import { operatorRevoker, revokeTokens } from '../revoke.ts';
import type { ChunkOutcome, SkippedToken } from './outcome.ts';
import type { Chunk } from './sort-out.ts';

/** Revokes tokens of one owner in one transaction. Skips those that were revoked or transferred since they were read. */
export async function revokeTogether(
  deps: TokenDeps,
  operator: Operator,
  { owner, tokens }: Chunk,
): Promise<ChunkOutcome> {
  const ids = tokens.map(({ id }) => id);
  let remaining = new Set<string>();
  const done = await revokeTokens(deps, operatorRevoker(operator), async (store, at, actor) => {
    await lockOperator(store, operator, owner);
    const destroyed = await store.tokens.destroyAmong(owner.ownerId, ids, at, actor);
    const missing = ids.filter((id) => destroyed.every((token) => token.id !== id));
    remaining = new Set((await store.tokens.findMany(missing)).map(({ id }) => id));
    return destroyed;
  });
  const doneIds = new Set(done.map(({ id }) => id));
  const skipped = tokens
    .filter(({ id }) => !doneIds.has(id))
    .map((token): SkippedToken => {
      return { id: token.id, token, reason: remaining.has(token.id) ? 'transferred' : 'already-revoked' };
    });
  return { done, skipped };
}
