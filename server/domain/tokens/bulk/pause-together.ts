import type { SkipReason } from '../../../../shared/schemas/tokens/bulk.ts';
import type { PauseTokenBody } from '../../../../shared/schemas/tokens/token-changes.ts';
import type { TokenRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { type Operator, operatorActor } from '../../caller.ts';
import { lockOperator } from '../changes/lock-operator.ts';
import { ownerToTell, pauseEnd, staysOfSuperuser } from '../changes/pause.ts';
import type { TokenDeps } from '../create.ts';
import type { ChunkOutcome } from './outcome.ts';
import { reasonNotToPause } from './reasons.ts';
import type { Chunk } from './sort-out.ts';

/** Pauses tokens of one owner in one transaction. Skips those that were paused, revoked or transferred since they were read. */
export async function pauseTogether(
  { store, clock, auditTrail, notifier }: TokenDeps,
  operator: Operator,
  { owner, tokens }: Chunk,
  body: PauseTokenBody,
): Promise<ChunkOutcome> {
  const at = clock.now();
  const { user, clientInfo, channel } = operator;
  const actor = operatorActor(operator);
  const pause = { at, until: pauseEnd(body, at), reason: body.reason || null, actor };
  return store.transaction(async (store) => {
    const isOwn = await lockOperator(store, operator, owner);
    const outcome: ChunkOutcome = { done: [], skipped: [] };
    const paused: TokenRecord[] = [];
    for (const read of tokens) {
      const token = await store.tokens.lock(read.id);
      const reason = reasonToSkip(token, owner, at);
      if (token === null || reason !== null) {
        outcome.skipped.push({ id: read.id, token: read, reason: reason ?? 'already-revoked' });
        continue;
      }
      const bySuperuser = !isOwn || (user.superuser && staysOfSuperuser(token, at));
      await store.tokens.pause(token.id, { ...pause, bySuperuser });
      await auditTrail.tokenPaused(store, { at, actor, clientInfo, token });
      paused.push(token);
    }
    await tellOwner(store, paused, isOwn);
    return { ...outcome, done: paused };
  });

  async function tellOwner(store: Store, paused: readonly TokenRecord[], isOwn: boolean): Promise<void> {
    const [first] = paused;
    const reader = first === undefined ? null : await ownerToTell(store, first, isOwn);
    if (reader === null) return;
    await notifier.tokensPaused(store, { ...pause, clientInfo, channel, owner: reader, tokens: paused });
  }
}

function reasonToSkip(token: TokenRecord | null, { ownerId }: Chunk['owner'], at: number): SkipReason | null {
  if (token === null) return 'already-revoked';
  if (token.ownerId !== ownerId) return 'transferred';
  return reasonNotToPause(token, at);
}
