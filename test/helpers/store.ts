import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';

export interface TestStore {
  store: Store;
  /** The database file. */
  path: string;
  /** Closes the store and removes its files. */
  close(): Promise<void>;
}

/** A migrated store on a fresh SQLite file. */
export async function openTestStore(): Promise<TestStore> {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-store-'));
  const path = join(directory, 'tokens.db');
  const store = await openStore(`sqlite:${path}`);
  await store.migrate();
  const close = async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { store, path, close };
}
