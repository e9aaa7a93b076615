import type { Knex } from 'knex';
import { openSqlite } from '../../server/store/engine/sqlite/sqlite.ts';
import { createKnexStore } from '../../server/store/knex/store.ts';
import { migrations } from '../../server/store/migrations/all.ts';
import { lockForDaemon, openStore } from '../../server/store/open.ts';

const [verb = '', databaseUrl = ''] = process.argv.slice(2);

const verbs: Record<string, () => Promise<void>> = {
  /** Becomes the one daemon and stays. */
  async lock() {
    const lock = await lockForDaemon(databaseUrl).catch((error: Error) => error);
    say('release' in lock ? 'locked' : `${lock.name}: ${lock.message}`);
    if ('release' in lock) await stay(lock);
  },
  /** Says which migrations it applied. */
  async migrate() {
    const store = await openStore(databaseUrl);
    say(JSON.stringify(await store.migrate()));
    await store.close();
  },
  /** Hangs in the middle of a migration. */
  async hang() {
    const hanging = {
      name: '0002-hanging',
      async up(trx: Knex) {
        await trx.schema.createTable('half_made', (table) => table.text('id'));
        say('migrating');
        await stay(trx);
      },
    };
    await createKnexStore(await openSqlite(databaseUrl), [...migrations, hanging]).migrate();
  },
};

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function stay(held: unknown): Promise<never> {
  return new Promise(() => setInterval(() => held, 1000));
}

await verbs[verb]?.();
