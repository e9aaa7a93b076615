import { driverCode } from '../engine/driver-code.ts';
import type { Engine } from '../engine/engine.ts';
import { OutcomeUnknown, StoreUnavailable } from '../store.ts';

/** A failure that is no outage. The message is for people and logs: it holds no SQL and no bound values. */
export class StoreFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StoreFailure';
  }
}

/** What callers see of a driver's error: its message holds SQL, and a log must never hold the values bound to it. */
export function translateFailure(error: unknown, where: string, engine: Engine): Error {
  if ([StoreUnavailable, OutcomeUnknown, StoreFailure].some((known) => error instanceof known)) return error as Error;
  const code = driverCode(error);
  if (engine.isUnavailable(error) || isPoolFailure(error)) {
    return new StoreUnavailable(`The database cannot answer (${where}: ${code}).`);
  }
  return new StoreFailure(`The database refused ${where} (${code}).`);
}

/** The same methods; what they reject with is translated and names the table and the verb. */
export function guardFailures<T extends object>(table: string, methods: T, engine: Engine): T {
  const guarded = Object.entries(methods).map(([verb, method]) => [
    verb,
    async (...args: unknown[]) => {
      try {
        return await method(...args);
      } catch (error) {
        throw translateFailure(error, `${table}.${verb}`, engine);
      }
    },
  ]);
  return Object.fromEntries(guarded) as T;
}

function isPoolFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'KnexTimeoutError' || error.message === 'Unable to acquire a connection';
}
