import type { BulkOutcome as BulkOutcomeObject } from '../../../shared/schemas/tokens/bulk.ts';
import type { BulkOutcome, TokenLabel } from '../../domain/tokens/bulk/outcome.ts';
import type { AppContext, AppDeps } from '../context.ts';
import { asProblem } from '../errors.ts';

/** Returns the outcome of each token as the API shows it. Logs the error that ended the change in the middle. */
export function bulkOutcomeObject(
  { failureLog }: Pick<AppDeps, 'failureLog'>,
  c: AppContext,
  { done, skipped, failed }: BulkOutcome,
): BulkOutcomeObject {
  const [first] = failed;
  const error = first === undefined ? undefined : asError(first.error);
  const problem = error && asProblem(error);
  if (error && problem) failureLog.failed({ id: c.get('requestId'), method: c.req.method }, problem, error);
  return {
    done: done.map(label),
    skipped: skipped.map(({ id, token, reason }) => {
      return { id, name: token?.name ?? null, owner: token?.ownerEmail ?? null, reason };
    }),
    failed: failed.map(({ token }) => {
      return { ...label(token), code: problem?.code ?? 'internal', detail: problem?.message ?? '' };
    }),
  };
}

function label({ id, name, prefix, ownerEmail }: TokenLabel) {
  return { id, name, prefix, owner: ownerEmail };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
