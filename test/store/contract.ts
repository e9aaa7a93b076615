import { afterEach, beforeEach, describe } from 'vitest';
import type { Store } from '../../server/store/store.ts';
import { auditContract } from './contract/audit.ts';
import { clientContract } from './contract/clients.ts';
import { countContract } from './contract/counts.ts';
import { deviceCodeContract } from './contract/device-codes.ts';
import { idempotencyContract } from './contract/idempotency.ts';
import { identityContract } from './contract/identities.ts';
import { outboxContract } from './contract/outbox.ts';
import { revocationContract } from './contract/revocation.ts';
import { sessionContract } from './contract/sessions.ts';
import { statusContract } from './contract/status.ts';
import { ticketContract } from './contract/tickets.ts';
import { tokenContract } from './contract/tokens.ts';
import { totpContract } from './contract/totp.ts';
import { transactionContract } from './contract/transactions.ts';
import { userContract } from './contract/users.ts';

/** Describes what the store does on every engine. `open` returns a migrated, empty store. */
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
    describe('token status', () => statusContract(store));
    describe('revocation', () => revocationContract(store));
    describe('idempotency keys', () => idempotencyContract(store));
    describe('sessions', () => sessionContract(store));
    describe('identities', () => identityContract(store));
    describe('tickets', () => ticketContract(store));
    describe('clients', () => clientContract(store));
    describe('device codes', () => deviceCodeContract(store));
    describe('two-factor sign-in', () => totpContract(store));
    describe('counts', () => countContract(store));
    describe('audit', () => auditContract(store));
    describe('outbox', () => outboxContract(store));
    describe('transactions', () => transactionContract(store));
  });
}
