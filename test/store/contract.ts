import { afterEach, beforeEach, describe } from 'vitest';
import type { Store } from '../../server/store/store.ts';
import { auditContract } from './contract/audit.ts';
import { idempotencyContract } from './contract/idempotency.ts';
import { outboxContract } from './contract/outbox.ts';
import { revocationContract } from './contract/revocation.ts';
import { sessionContract } from './contract/sessions.ts';
import { tokenContract } from './contract/tokens.ts';
import { transactionContract } from './contract/transactions.ts';
import { userContract } from './contract/users.ts';

/** What every engine must do. `open` answers a migrated, empty store. */
export function describeStore(name: string, open: () => Promise<{ store: Store; close(): Promise<void> }>): void {
  describe(name, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    const store = () => opened.store;
    describe('users', () => userContract(store));
    describe('tokens', () => tokenContract(store));
    describe('revocation', () => revocationContract(store));
    describe('idempotency keys', () => idempotencyContract(store));
    describe('sessions', () => sessionContract(store));
    describe('audit', () => auditContract(store));
    describe('outbox', () => outboxContract(store));
    describe('transactions', () => transactionContract(store));
  });
}
