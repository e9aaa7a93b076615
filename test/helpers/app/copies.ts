import { readFile } from 'node:fs/promises';
import { openCopy, openTestApp, type TestApp } from './app.ts';

/**
 * Returns a function that opens an app with what `prepare` adds. It runs `prepare` once, and each app is a copy: it has a database
 * file, a clock and a daemon of its own, so that no app notices what happens to another. `prepare` returns plain data such as ids,
 * and nothing that belongs to the app that it gets.
 */
export function copiesOf<T extends object>(prepare: (app: TestApp) => Promise<T>): () => Promise<TestApp & T> {
  let prepared: Promise<{ original: TestApp; data: T; database: Buffer }> | undefined;
  async function prepareOnce() {
    const original = await openTestApp();
    const data = await prepare(original);
    await original.services.acceptedWork.finish();
    // Closing the store moves the write-ahead log into the file.
    await original.store.close();
    const database = await readFile(original.path);
    await original.close();
    return { original, data, database };
  }
  return async () => {
    prepared ??= prepareOnce();
    const { original, data, database } = await prepared;
    // Tests may change what they get, such as the session of a member.
    const { root, dev, ...added } = structuredClone({ ...data, root: original.root, dev: original.dev });
    const copy = await openCopy({ root, dev, clock: original.clock }, Promise.resolve(database));
    return { ...copy, ...(added as unknown as T) };
  };
}
