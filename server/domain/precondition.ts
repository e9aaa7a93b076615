import { ProblemError } from '../../shared/problem.ts';

/**
 * Checks that an object is still as the client knows it. A change calls it with the object under its lock, in the transaction that
 * changes it. A check before that could pass although another change comes first.
 * @throws ProblemError `changed-meanwhile`
 */
export type Precondition<T> = (present: T) => void;

/** Lets every change pass. */
export const noPrecondition = (): void => undefined;

export function changedMeanwhile(): ProblemError {
  return new ProblemError(
    'changed-meanwhile',
    'Somebody changed this after you read it, so nothing was changed. Read it again, and then decide again.',
  );
}
