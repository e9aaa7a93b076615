import { driverCode } from '../engine/driver-code.ts';
import type { Engine } from '../engine/engine.ts';
import {
  type FailureKind,
  isStoreError,
  OutcomeUnknown,
  StoreFailure,
  StoreFull,
  StoreUnavailable,
} from '../errors.ts';

/** Translates a driver's errors. Their messages contain SQL and bound values, which no caller or log may receive. */
export interface Failures {
  /** Translates an error. `where` names the table and the method. Returns an already translated error unchanged. */
  translate(error: unknown, where: string): Error;
  /** Translates the error of a transaction that failed after its work was complete, which means during the commit. */
  translateCommit(error: unknown): Error;
  /** Wraps methods so that every error they throw is translated. */
  guard<T extends object>(table: string, methods: T): T;
}

/** Creates the translation for one engine. `failed` is called once for each failure. */
export function createFailures(engine: Engine, failed: (kind: FailureKind) => void = () => {}): Failures {
  function translate(error: unknown, where: string): Error {
    if (isStoreError(error)) return error;
    const code = driverCode(error);
    const explanation = engine.explain(error);
    if (engine.isUnavailable(error) || isPoolFailure(error)) {
      failed('unavailable');
      if (engine.isFull(error))
        return new StoreFull(`The database is out of space (${where}: ${code}). Free some disk space.`);
      return new StoreUnavailable(explanation ?? `The database is unavailable (${where}: ${code}).`);
    }
    failed('refused');
    return new StoreFailure(explanation ?? `The database rejected ${where} (${code}).`);
  }

  return {
    translate,
    translateCommit(error) {
      if (!engine.isOutcomeUnknown(error)) return translate(error, 'transaction');
      failed('outcome-unknown');
      return new OutcomeUnknown('The connection to the database was lost during a commit.');
    },
    guard<T extends object>(table: string, methods: T): T {
      const guarded = Object.entries(methods).map(([verb, method]) => [
        verb,
        async (...args: unknown[]) => {
          try {
            return await method(...args);
          } catch (error) {
            throw translate(error, `${table}.${verb}`);
          }
        },
      ]);
      return Object.fromEntries(guarded) as T;
    },
  };
}

function isPoolFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'KnexTimeoutError' || error.message === 'Unable to acquire a connection';
}
