import type { Knex } from 'knex';
import { openSqlite } from '../../server/store/engine/sqlite/sqlite.ts';
import { createKnexStore } from '../../server/store/knex/store.ts';
import { migrations } from '../../server/store/migrations/all.ts';
import { lockForDaemon, openStore } from '../../server/store/open.ts';

const [verb = '', databaseUrl = ''] = process.argv.slice(2);

const verbs: Record<string, () => Promise<void>> = {
  /** Locks the database as a daemon, and stays. */
  async lock() {
    const lock = await lockForDaemon(databaseUrl).catch((error: Error) => error);
    print('release' in lock ? 'locked' : `${lock.name}: ${lock.message}`);
    if ('release' in lock) await stay(lock);
  },
  /** Prints the names of the migrations that it applied. */
  async migrate() {
    const store = await openStore(databaseUrl);
    print(JSON.stringify(await store.migrate()));
    await store.close();
  },
  /** Hangs in the middle of a migration. */
  async hang() {
    const hanging = {
      name: '0002-hanging',
      async up(trx: Knex) {
        await trx.schema.createTable('partial', (table) => table.text('id'));
        print('migrating');
        await stay(trx);
      },
    };
    await createKnexStore(await openSqlite(databaseUrl), [...migrations, hanging]).migrate();
  },
};

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function stay(held: unknown): Promise<never> {
  return new Promise(() => setInterval(() => held, 1000));
}

await verbs[verb]?.();
