/** How a statement or a transaction failed. */
export type FailureKind = 'unavailable' | 'refused' | 'outcome-unknown';

/** The connection was lost during a commit: the transaction was applied completely, or not at all. */
export class OutcomeUnknown extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OutcomeUnknown';
  }
}

/** The database cannot be used at the moment: locked, unreachable or read-only. The cause is only for the log. */
export class StoreUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailable';
  }
}

/** There is no space left. The change was not made; reads still work. */
export class StoreFull extends StoreUnavailable {
  constructor(message: string) {
    super(message);
    this.name = 'StoreFull';
  }
}

/** Too many changes wait already, or this one waited for too long. It was not tried. */
export class StoreBusy extends StoreUnavailable {
  constructor(message: string) {
    super(message);
    this.name = 'StoreBusy';
  }
}

/** A statement failed although the database is available. The message contains no SQL and no bound values. */
export class StoreFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'StoreFailure';
  }
}

/** Reports whether an error comes from the database. A transaction in which one occurred cannot continue. */
export function isStoreError(error: unknown): error is Error {
  return [StoreUnavailable, OutcomeUnknown, StoreFailure].some((known) => error instanceof known);
}
