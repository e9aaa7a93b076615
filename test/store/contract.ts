import { afterEach, beforeEach, describe } from 'vitest';
import type { Store } from '../../server/store/store.ts';
import { clientContract } from './contract/accounts/clients.ts';
import { deletionContract } from './contract/accounts/deletion.ts';
import { identityContract } from './contract/accounts/identities.ts';
import { serviceAccountContract } from './contract/accounts/service-accounts.ts';
import { userContract } from './contract/accounts/users.ts';
import { appContract } from './contract/apps/apps.ts';
import { appLockContract } from './contract/apps/locks.ts';
import { appLookupContract } from './contract/apps/lookups.ts';
import { appVersionContract } from './contract/apps/version.ts';
import { auditContract } from './contract/audit.ts';
import { countContract } from './contract/counts.ts';
import { exchangedTokenContract } from './contract/machines/exchanged-tokens.ts';
import { trustContract } from './contract/machines/trusts.ts';
import { noticeContract } from './contract/notices.ts';
import { outboxContract } from './contract/outbox.ts';
import { policyContract } from './contract/policies.ts';
import { deviceCodeContract } from './contract/sign-in/device-codes.ts';
import { sessionContract } from './contract/sign-in/sessions.ts';
import { ticketContract } from './contract/sign-in/tickets.ts';
import { totpContract } from './contract/sign-in/totp.ts';
import { tokenChangeContract } from './contract/tokens/changes.ts';
import { destructionLockContract } from './contract/tokens/destruction-locks.ts';
import { tokenFilterContract } from './contract/tokens/filters.ts';
import { idempotencyContract } from './contract/tokens/idempotency.ts';
import { revocationContract } from './contract/tokens/revocation.ts';
import { statusContract } from './contract/tokens/status.ts';
import { tokenContract } from './contract/tokens/tokens.ts';
import { transferContract } from './contract/tokens/transfers.ts';
import { usageContract } from './contract/tokens/usage.ts';
import { transactionContract } from './contract/transactions.ts';
import { deliveryContract } from './contract/webhooks/deliveries.ts';
import { webhookContract } from './contract/webhooks/webhooks.ts';

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
    describe('deleted users', () => deletionContract(store));
    describe('service accounts', () => serviceAccountContract(store));
    describe('tokens', () => tokenContract(store));
    describe('token status', () => statusContract(store));
    describe('token filters', () => tokenFilterContract(store));
    describe('changes of tokens', () => tokenChangeContract(store));
    describe('transfers', () => transferContract(store));
    describe('revocation', () => revocationContract(store));
    describe('locks of destructions', () => destructionLockContract(store));
    describe('usage', () => usageContract(store));
    describe('idempotency keys', () => idempotencyContract(store));
    describe('sessions', () => sessionContract(store));
    describe('identities', () => identityContract(store));
    describe('tickets', () => ticketContract(store));
    describe('clients', () => clientContract(store));
    describe('apps', () => appContract(store));
    describe('locks of apps', () => appLockContract(store));
    describe('lookups of apps', () => appLookupContract(store));
    describe('the version of apps', () => appVersionContract(store));
    describe('trusts', () => trustContract(store));
    describe('exchanged tokens', () => exchangedTokenContract(store));
    describe('device codes', () => deviceCodeContract(store));
    describe('two-factor sign-in', () => totpContract(store));
    describe('counts', () => countContract(store));
    describe('audit', () => auditContract(store));
    describe('outbox', () => outboxContract(store));
    describe('webhooks', () => webhookContract(store));
    describe('deliveries to webhooks', () => deliveryContract(store));
    describe('policies', () => policyContract(store));
    describe('notices', () => noticeContract(store));
    describe('transactions', () => transactionContract(store));
  });
}
