import type { Knex } from 'knex';
import type { Engine } from '../engine/engine.ts';
import type { FailureKind } from '../errors.ts';
import { migrate, readSchemaState } from '../migrations/migrate.ts';
import type { Migration } from '../migrations/migration.ts';
import type { Store } from '../store.ts';
import { createClientStore } from './accounts/clients.ts';
import { createOwnerStore } from './accounts/owners.ts';
import { createServiceAccountStore } from './accounts/service-accounts.ts';
import { createUserStore } from './accounts/users.ts';
import { createAppStore } from './apps/apps.ts';
import { createAuditStore } from './audit/audit.ts';
import { createErasureStore } from './erasure/erasure.ts';
import { createFailures, type Failures } from './failures.ts';
import { createCanaryStore } from './leaks/canaries.ts';
import { createLeakStore } from './leaks/reports.ts';
import { createTrustStore } from './machines/trusts.ts';
import { createMemberDataStore } from './member-data/member-data.ts';
import { createCollectedEventStore } from './notifications/collected-events.ts';
import { createNoticeStore } from './notifications/notices.ts';
import { createOutboxStore } from './outbox.ts';
import { createPolicyStore } from './policies.ts';
import { createSearchStore } from './search/search.ts';
import { createDeviceCodeStore } from './sign-in/device-codes.ts';
import { createPasskeyStore } from './sign-in/passkeys.ts';
import { createSessionStore } from './sign-in/sessions.ts';
import { createTicketStore } from './sign-in/tickets.ts';
import { createTotpStore } from './sign-in/totp.ts';
import { createEndedTokenStore } from './tokens/ended-tokens.ts';
import { createIdempotencyStore } from './tokens/idempotency.ts';
import { createTokenStore } from './tokens/tokens.ts';
import { createUsageStore } from './tokens/usage/usage.ts';
import { createDeliveryStore } from './webhooks/deliveries.ts';
import { createWebhookStore } from './webhooks/webhooks.ts';

type Maintenance = Pick<
  Store,
  | 'maxParallelLookups'
  | 'clock'
  | 'limiter'
  | 'purgeCounts'
  | 'ping'
  | 'migrate'
  | 'schemaIsCurrent'
  | 'describe'
  | 'close'
>;
type Tables = Omit<Store, keyof Maintenance | 'transaction'>;

/**
 * Creates the store on an engine. `migrations` are all that this program knows, oldest first. `failed` is called for each
 * failure.
 */
export function createKnexStore(
  engine: Engine,
  migrations: readonly Migration[],
  failed?: (kind: FailureKind) => void,
): Store {
  const failures = createFailures(engine, failed);
  const maintenance = createMaintenance(engine, migrations, failures);
  return {
    ...createTables(engine, engine.knex, failures),
    ...maintenance,
    transaction: (work) =>
      runTransaction(engine, failures, (trx) => work(withinTransaction(engine, trx, { maintenance, failures }))),
  };
}

function createTables(engine: Engine, knex: Knex, { guard }: Failures): Tables {
  return {
    users: guard('users', createUserStore(knex, engine)),
    owners: guard('users', createOwnerStore(knex)),
    serviceAccounts: guard('users', createServiceAccountStore(knex, engine)),
    tokens: guard('tokens', createTokenStore(knex, engine)),
    search: guard('search', createSearchStore(knex, engine)),
    endedTokens: guard('endedTokens', createEndedTokenStore(knex, engine)),
    canaries: guard('tokens', createCanaryStore(knex, engine)),
    idempotency: guard('idempotency', createIdempotencyStore(knex)),
    sessions: guard('sessions', createSessionStore(knex, engine)),
    tickets: guard('tickets', createTicketStore(knex, engine)),
    clients: guard('clients', createClientStore(knex, engine)),
    apps: guard('apps', createAppStore(knex, engine)),
    trusts: guard('trusts', createTrustStore(knex, engine)),
    deviceCodes: guard('device_codes', createDeviceCodeStore(knex)),
    totp: guard('totp', createTotpStore(knex)),
    passkeys: guard('passkeys', createPasskeyStore(knex, engine)),
    audit: guard('audit', createAuditStore(knex, engine)),
    outbox: guard('outbox', createOutboxStore(knex)),
    webhooks: guard('webhooks', createWebhookStore(knex)),
    deliveries: guard('webhook_deliveries', createDeliveryStore(knex)),
    leaks: guard('leaks', createLeakStore(knex, engine)),
    policies: guard('policy_starts', createPolicyStore(knex)),
    usage: guard('usage', createUsageStore(knex, engine)),
    notices: guard('notices', createNoticeStore(knex, engine)),
    collectedEvents: guard('collected_events', createCollectedEventStore(knex, engine)),
    erasure: guard('erasure', createErasureStore(knex, engine)),
    memberData: guard('member_data', createMemberDataStore(knex, engine)),
  };
}

function createMaintenance(
  engine: Engine,
  migrations: readonly Migration[],
  { guard, translate }: Failures,
): Maintenance {
  let closing: Promise<void> | undefined;
  const maintenance: Omit<Maintenance, 'clock' | 'limiter' | 'maxParallelLookups'> = {
    purgeCounts: (now, limit) => purgeCounts(engine.knex, now, limit),
    ping: () => engine.ping(),
    migrate: () => migrate(engine, migrations),
    async schemaIsCurrent() {
      const { missing, incompatible } = await readSchemaState(engine, migrations);
      return missing.length === 0 && incompatible === undefined;
    },
    describe: () => describe(engine, migrations),
    close: () => {
      closing ??= engine.close();
      return closing;
    },
  };
  return {
    ...guard('store', maintenance),
    maxParallelLookups: engine.maxParallelSelects,
    clock: { now: engine.clock.now, measure: guard('clock', { measure: engine.clock.measure }).measure },
    limiter: (options) => engine.limiter(options, (error) => translate(error, 'counts')),
  };
}

const databaseVersions = {
  sqlite: { columns: ["'SQLite ' || sqlite_version()"], from: '' },
  postgres: { columns: ["'PostgreSQL ' || current_setting('server_version')"], from: '' },
};

async function describe(engine: Engine, known: readonly Migration[]): Promise<{ database: string; schema: string }> {
  const version = engine.locksRows ? databaseVersions.postgres : databaseVersions.sqlite;
  const [row] = await engine.select(version, []);
  const { applied } = await readSchemaState(engine, known);
  return { database: String(row?.[0]), schema: applied.toSorted().at(-1) ?? '' };
}

function purgeCounts(knex: Knex, now: number, limit: number): Promise<number> {
  const old = knex('counts').select('key').where('expire', '<', now).orderBy('expire').limit(limit);
  return knex('counts').whereIn('key', old).delete();
}

/** Returns the store inside a transaction. A nested transaction is part of the outer one. */
function withinTransaction(
  engine: Engine,
  trx: Knex.Transaction,
  { maintenance, failures }: { maintenance: Maintenance; failures: Failures },
): Store {
  const store: Store = { ...createTables(engine, trx, failures), ...maintenance, transaction: (work) => work(store) };
  return store;
}

/**
 * Runs `work` in a transaction. There are three ways to fail:
 *
 * 1. `work` throws: rethrow its error unchanged, even if the rollback then fails because the connection is gone.
 * 2. The transaction cannot begin: throw the translated error.
 * 3. `work` completes and the commit fails: throw `OutcomeUnknown` if the database may have committed.
 */
async function runTransaction<T>(
  engine: Engine,
  failures: Failures,
  work: (trx: Knex.Transaction) => Promise<T>,
): Promise<T> {
  let thrown: { error: unknown } | undefined;
  let completed = false;
  try {
    return await engine.transaction(async (trx) => {
      try {
        const result = await work(trx);
        completed = true;
        return result;
      } catch (error) {
        thrown = { error };
        throw error;
      }
    });
  } catch (error) {
    if (thrown) throw thrown.error;
    throw completed ? failures.translateCommit(error) : failures.translate(error, 'transaction');
  }
}
