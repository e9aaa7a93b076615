import { CliError } from './errors.ts';

/** Failures after which the rest would fail in the same way. */
const hopeless = new Set([
  'unreachable',
  'unavailable',
  'not-authenticated',
  'superuser-required',
  'throttled',
  'not-tokensd',
]);

/** Does all it can; then throws the failures as one AggregateError, in order. */
export async function attemptAll<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const failures: CliError[] = [];
  for (const item of items) {
    try {
      await act(item);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      failures.push(error);
      if (hopeless.has(error.problem.code)) break;
    }
  }
  if (failures.length > 0) throw new AggregateError(failures);
}
