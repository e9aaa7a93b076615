import { isStoreError } from '../../../store/errors.ts';

/**
 * Calls `act` for each item in turn, also after it failed for another one, so that one damaged row stops no mails to others. Returns the
 * errors. Use it inside a transaction: an error of the database still ends it, because the transaction cannot continue.
 * @throws the error of the database
 */
export async function attemptEach<T>(items: Iterable<T>, act: (item: T) => Promise<void>): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const item of items) {
    await act(item).catch((error: unknown) => {
      if (isStoreError(error)) throw error;
      errors.push(error);
    });
  }
  return errors;
}
