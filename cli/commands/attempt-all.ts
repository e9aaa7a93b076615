import { CliError } from '../errors.ts';

/** After one of these failures, the remaining items would fail in the same way. */
const stopCodes = new Set([
  'unreachable',
  'unavailable',
  'not-authenticated',
  'superuser-required',
  'throttled',
  'not-tokensd',
  // Ctrl-C, and a confirmation that failed, end the whole command: a run asks for the password once.
  'cancelled',
  'confirmation-required',
  'wrong-password',
]);

/**
 * Calls `act` for each item. Continues after a `CliError`, unless the remaining items would fail in the same way.
 * @throws AggregateError all failures, in order.
 */
export async function attemptAll<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const failures: CliError[] = [];
  for (const item of items) {
    try {
      await act(item);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      failures.push(error);
      if (stopCodes.has(error.problem.code)) break;
    }
  }
  if (failures.length > 0) throw new AggregateError(failures);
}
