import type { Knex } from 'knex';
import type { Engine } from '../engine/engine.ts';
import { migrate, schemaIsCurrent } from '../migrations/migrate.ts';
import type { Migration } from '../migrations/migration.ts';
import { OutcomeUnknown, type Store } from '../store.ts';
import { createAuditStore } from './audit.ts';
import { createClientStore } from './clients.ts';
import { createDeviceCodeStore } from './device-codes.ts';
import { guardFailures, translateFailure } from './failures.ts';
import { createIdempotencyStore } from './idempotency.ts';
import { createOutboxStore } from './outbox.ts';
import { createSessionStore } from './sessions.ts';
import { createTicketStore } from './tickets.ts';
import { createTokenStore } from './tokens.ts';
import { createTotpStore } from './totp.ts';
import { createUserStore } from './users.ts';

type Upkeep = Pick<Store, 'limiter' | 'purgeCounts' | 'ping' | 'migrate' | 'schemaIsCurrent' | 'close'>;
type Tables = Omit<Store, keyof Upkeep | 'transaction'>;

/** The store on one engine. `migrations`: all that this program knows, oldest first. */
export function createKnexStore(engine: Engine, migrations: readonly Migration[]): Store {
  const upkeep = createUpkeep(engine, migrations);
  return {
    ...createTables(engine, engine.knex),
    ...upkeep,
    transaction: (work) => runTransaction(engine, (trx) => work(withinTransaction(engine, trx, upkeep))),
  };
}

function createTables(engine: Engine, knex: Knex): Tables {
  return {
    users: guardFailures('users', createUserStore(knex), engine),
    tokens: guardFailures('tokens', createTokenStore(knex, engine), engine),
    idempotency: guardFailures('idempotency', createIdempotencyStore(knex), engine),
    sessions: guardFailures('sessions', createSessionStore(knex, engine), engine),
    tickets: guardFailures('tickets', createTicketStore(knex, engine), engine),
    clients: guardFailures('clients', createClientStore(knex), engine),
    deviceCodes: guardFailures('device_codes', createDeviceCodeStore(knex), engine),
    totp: guardFailures('totp', createTotpStore(knex), engine),
    audit: guardFailures('audit', createAuditStore(knex), engine),
    outbox: guardFailures('outbox', createOutboxStore(knex), engine),
  };
}

function createUpkeep(engine: Engine, migrations: readonly Migration[]): Upkeep {
  let closing: Promise<void> | undefined;
  const upkeep: Omit<Upkeep, 'limiter'> = {
    purgeCounts: (now, limit) => purgeCounts(engine.knex, now, limit),
    ping: () => engine.ping(),
    migrate: () => migrate(engine, migrations),
    schemaIsCurrent: () => schemaIsCurrent(engine.knex, migrations),
    close: () => {
      closing ??= engine.close();
      return closing;
    },
  };
  return {
    ...guardFailures('store', upkeep, engine),
    limiter: (options) => engine.limiter(options, (error) => translateFailure(error, 'counts', engine)),
  };
}

function purgeCounts(knex: Knex, now: number, limit: number): Promise<number> {
  const old = knex('counts').select('key').where('expire', '<', now).orderBy('expire').limit(limit);
  return knex('counts').whereIn('key', old).delete();
}

/** The store inside a transaction: a transaction begun on it is part of the same one. */
function withinTransaction(engine: Engine, trx: Knex.Transaction, upkeep: Upkeep): Store {
  const store: Store = { ...createTables(engine, trx), ...upkeep, transaction: (work) => work(store) };
  return store;
}

/** Rejects with what `work` threw, as it is, even if the database had undone the transaction before we could. */
async function runTransaction<T>(engine: Engine, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  let refused: { reason: unknown } | undefined;
  let worked = false;
  try {
    return await engine.transaction(async (trx) => {
      try {
        const result = await work(trx);
        worked = true;
        return result;
      } catch (reason) {
        refused = { reason };
        throw reason;
      }
    });
  } catch (error) {
    if (refused) throw refused.reason;
    if (worked && engine.isOutcomeUnknown(error)) throw new OutcomeUnknown('The database broke off at a commit.');
    throw translateFailure(error, 'transaction', engine);
  }
}
