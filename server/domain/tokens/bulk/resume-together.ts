import type { SkipReason } from '../../../../shared/schemas/tokens/bulk.ts';
import type { TokenRecord } from '../../../store/records.ts';
import { isKey, type Operator, operatorActor } from '../../caller.ts';
import { lockOperator } from '../changes/lock-operator.ts';
import { ownerToTell } from '../changes/pause.ts';
import type { TokenDeps } from '../create.ts';
import { isPaused } from '../status.ts';
import type { ChunkOutcome } from './outcome.ts';
import { reasonNotToResume } from './reasons.ts';
import type { Chunk } from './sort-out.ts';

/**
 * Ends the pauses of tokens of one owner in one transaction. Skips those that the operator may not resume, and those that expired or were
 * revoked or transferred since they were read. A pause that ended meanwhile needs no change.
 */
export async function resumeTogether(
  { store, clock, auditTrail, notifier }: TokenDeps,
  operator: Operator,
  { owner, tokens }: Chunk,
): Promise<ChunkOutcome> {
  const at = clock.now();
  const { user, clientInfo, channel } = operator;
  const actor = operatorActor(operator);
  const mayEndAnyPause = user.superuser || isKey(operator);
  return store.transaction(async (store) => {
    const isOwn = await lockOperator(store, operator, owner);
    const outcome: ChunkOutcome = { done: [], skipped: [] };
    const resumed: TokenRecord[] = [];
    for (const read of tokens) {
      const token = await store.tokens.lock(read.id);
      const reason = reasonToSkip(token, owner, operator, at);
      if (token === null || reason !== null) {
        outcome.skipped.push({ id: read.id, token: read, reason: reason ?? 'already-revoked' });
        continue;
      }
      outcome.done.push(token);
      if (!isPaused(token, at)) continue;
      await store.tokens.resume(token.id, at, mayEndAnyPause);
      await auditTrail.tokenResumed(store, { at, actor, clientInfo, token });
      resumed.push(token);
    }
    const [first] = resumed;
    const reader = first === undefined ? null : await ownerToTell(store, first, isOwn);
    if (reader !== null) {
      await notifier.tokensResumed(store, { at, actor, clientInfo, channel, owner: reader, tokens: resumed });
    }
    return outcome;
  });
}

function reasonToSkip(
  token: TokenRecord | null,
  { ownerId }: Chunk['owner'],
  operator: Operator,
  at: number,
): SkipReason | null {
  if (token === null) return 'already-revoked';
  if (token.ownerId !== ownerId) return 'transferred';
  return reasonNotToResume(token, operator, at);
}
