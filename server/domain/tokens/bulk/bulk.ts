import type { PauseTokenBody } from '../../../../shared/schemas/tokens/token-changes.ts';
import type { TokenRecord } from '../../../store/records.ts';
import { isKey, type Operator, requireScope } from '../../caller.ts';
import type { TokenDeps } from '../create.ts';
import type { BulkOutcome, ChunkOutcome } from './outcome.ts';
import { pauseTogether } from './pause-together.ts';
import { resumeTogether } from './resume-together.ts';
import { revokeTogether } from './revoke-together.ts';
import { type Chunk, chunksOf, sortOut } from './sort-out.ts';

/**
 * Changes of many tokens at once. Each transaction changes some tokens of one owner, so that it is short, and so that one mail names them
 * all. A crash in the middle leaves the tokens of finished transactions changed, with their audit events and mails. Sending the same IDs again
 * skips these and changes the rest.
 */
export interface BulkChanges {
  /** Returns those of the tokens with these IDs that the operator may revoke and pause. */
  changeable(operator: Operator, ids: readonly string[]): Promise<TokenRecord[]>;
  /**
   * Revokes the tokens with these IDs, those that the operator may revoke.
   * @throws ProblemError as `revoke` does, if nothing was revoked
   */
  revokeMany(operator: Operator, ids: readonly string[]): Promise<BulkOutcome>;
  /**
   * Pauses the tokens with these IDs, those that the operator may pause. Leaves a token that is paused already as it is.
   * @throws ProblemError as `pause` does, if nothing was paused
   */
  pauseMany(operator: Operator, ids: readonly string[], body: PauseTokenBody): Promise<BulkOutcome>;
  /**
   * Ends the pauses of the tokens with these IDs, those that the operator may resume.
   * @throws the error of the first tokens, if nothing was resumed
   */
  resumeMany(operator: Operator, ids: readonly string[]): Promise<BulkOutcome>;
}

export function createBulkChanges(deps: TokenDeps): BulkChanges {
  async function changeMany(
    operator: Operator,
    ids: readonly string[],
    change: (chunk: Chunk) => Promise<ChunkOutcome>,
  ): Promise<BulkOutcome> {
    if (isKey(operator)) requireScope(operator, 'tokens:write');
    const { changeable, skipped } = await sortOut(deps.store, operator, ids);
    const outcome: BulkOutcome = { done: [], skipped, failed: [] };
    const chunks = chunksOf(changeable);
    for (const [index, chunk] of chunks.entries()) {
      try {
        const { done, skipped } = await change(chunk);
        outcome.done.push(...done);
        outcome.skipped.push(...skipped);
      } catch (error) {
        // The error is the whole answer if nothing was changed before. Otherwise the answer must say what was changed.
        if (outcome.done.length === 0) throw error;
        outcome.failed = chunks.slice(index).flatMap(({ tokens }) => tokens.map((token) => ({ token, error })));
        break;
      }
    }
    deps.notifier.wake();
    return outcome;
  }

  return {
    changeable: async (operator, ids) => (await sortOut(deps.store, operator, ids)).changeable,
    revokeMany: (operator, ids) => changeMany(operator, ids, (chunk) => revokeTogether(deps, operator, chunk)),
    pauseMany: (operator, ids, body) =>
      changeMany(operator, ids, (chunk) => pauseTogether(deps, operator, chunk, body)),
    resumeMany: (operator, ids) => changeMany(operator, ids, (chunk) => resumeTogether(deps, operator, chunk)),
  };
}
