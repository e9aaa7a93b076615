import type { Clock } from '../domain/clock.ts';
import type { ProviderContact } from '../domain/overview/server-state.ts';

export interface LastContact {
  record(succeeded: boolean): void;
  /** Returns null if the provider was not asked since this process started. */
  last(): ProviderContact | null;
}

export function createLastContact(clock: Clock): LastContact {
  let contact: ProviderContact | null = null;
  return {
    record(succeeded) {
      contact = { at: clock.now(), succeeded };
    },
    last: () => contact,
  };
}
