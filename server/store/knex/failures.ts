import { driverCode } from '../engine/driver-code.ts';
import type { Engine } from '../engine/engine.ts';
import { type FailureKind, OutcomeUnknown, StoreFull, StoreUnavailable } from '../errors.ts';

/** A failure that is no outage. The message is for people and logs: it holds no SQL and no bound values. */
export class StoreFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StoreFailure';
  }
}

/** What callers see of a driver's errors: their messages hold SQL, and a log must never hold the values bound to it. */
export interface Failures {
  /** `where` names the table and the verb. What was translated already comes back as it is. */
  translate(error: unknown, where: string): Error;
  /** The same for a transaction that failed after all of its work was done. */
  translateCommit(error: unknown): Error;
  /** The same methods; what they reject with is translated. */
  guard<T extends object>(table: string, methods: T): T;
}

/** `failed` hears of each failure once. */
export function createFailures(engine: Engine, failed: (kind: FailureKind) => void = () => {}): Failures {
  function translate(error: unknown, where: string): Error {
    if ([StoreUnavailable, OutcomeUnknown, StoreFailure].some((known) => error instanceof known)) return error as Error;
    const code = driverCode(error);
    if (engine.isUnavailable(error) || isPoolFailure(error)) {
      failed('unavailable');
      if (engine.isFull(error)) return new StoreFull(`The database has no room left (${where}: ${code}).`);
      return new StoreUnavailable(`The database cannot answer (${where}: ${code}).`);
    }
    failed('refused');
    return new StoreFailure(`The database refused ${where} (${code}).`);
  }

  return {
    translate,
    translateCommit(error) {
      if (!engine.isOutcomeUnknown(error)) return translate(error, 'transaction');
      failed('outcome-unknown');
      return new OutcomeUnknown('The database broke off at a commit.');
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
