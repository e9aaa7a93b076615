/** How a statement or a transaction failed. */
export type FailureKind = 'unavailable' | 'refused' | 'outcome-unknown';

/** The database broke off while it was to confirm a transaction: what was in it was done whole, or not at all. */
export class OutcomeUnknown extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OutcomeUnknown';
  }
}

/** The database cannot answer now (locked, gone, read-only). The cause is for the log. */
export class StoreUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailable';
  }
}

/** There is no room for a change, which was not made. Reading goes on. */
export class StoreFull extends StoreUnavailable {
  constructor(message: string) {
    super(message);
    this.name = 'StoreFull';
  }
}
