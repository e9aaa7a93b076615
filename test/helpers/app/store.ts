import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '../../../server/store/engine/sqlite/sqlite.ts';
import { createKnexStore } from '../../../server/store/knex/store.ts';
import { migrations } from '../../../server/store/migrations/all.ts';
import { openStore } from '../../../server/store/open.ts';
import type { Store } from '../../../server/store/store.ts';

export interface TestStore {
  store: Store;
  /** The database file. */
  path: string;
  /** Closes the store and removes its files. */
  close(): Promise<void>;
}

let migratedFile: Promise<Buffer> | undefined;

/**
 * Opens a store on a new SQLite file with this content, by default that of an empty migrated database. Nothing is migrated here,
 * because migrations take longer than most tests.
 */
export async function openTestStore(content?: Promise<Buffer>): Promise<TestStore> {
  migratedFile ??= migrateOnce();
  const directory = await mkdtemp(join(tmpdir(), 'tokens-store-'));
  const path = join(directory, 'tokens.db');
  await writeFile(path, await (content ?? migratedFile), { mode: 0o600 });
  // `openStore` would also write a log beside the closed database, which takes time and which no test reads.
  const store = createKnexStore(await openSqlite(`sqlite:${path}`), migrations);
  const close = async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { store, path, close };
}

async function migrateOnce(): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-migrated-'));
  const path = join(directory, 'tokens.db');
  const store = await openStore(`sqlite:${path}`);
  await store.migrate();
  // Closing the store moves the write-ahead log into the file.
  await store.close();
  const file = await readFile(path);
  await rm(directory, { recursive: true });
  return file;
}
