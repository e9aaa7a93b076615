import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createBatchedLookup } from '../../../server/domain/tokens/batched-lookup.ts';
import { StoreUnavailable } from '../../../server/store/errors.ts';

/** A reader whose statements complete only when a test releases them or lets them fail. */
function slowReader() {
  const statements: Array<{ keys: string[]; release(found?: string[]): void; fail(error: Error): void }> = [];
  const read = (keys: string[]) =>
    new Promise<Array<string | null>>((resolve, reject) => {
      statements.push({
        keys,
        release: (found = keys) => resolve(keys.map((key) => (found.includes(key) ? `found ${key}` : null))),
        fail: reject,
      });
    });
  return { statements, read };
}

const sequential = { deadlineMs: 1_000, maxParallel: 1 };
const shortDeadline = { ...sequential, deadlineMs: 100 };

/** Waits long enough for the next batch to start. */
const nextBatch = async () => {
  for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('a batched lookup', () => {
  it('starts a statement immediately if none is in flight', async () => {
    const { statements, read } = slowReader();
    const result = createBatchedLookup(read, sequential)('a');
    expect(statements.map(({ keys }) => keys)).toEqual([['a']]);
    statements[0]?.release();
    expect(await result).toBe('found a');
  });

  it('shares the next statement with lookups that arrive while one is in flight', async () => {
    const { statements, read } = slowReader();
    const lookup = createBatchedLookup(read, sequential);
    const results = Promise.all(['a', 'b', 'c', 'b'].map(lookup));
    statements[0]?.release();
    await nextBatch();
    expect(statements.map(({ keys }) => keys)).toEqual([['a'], ['b', 'c', 'b']]);
    statements[1]?.release(['b']);
    expect(await results).toEqual(['found a', 'found b', null, 'found b']);
  });

  it('never uses the result of a statement that started before the lookup arrived', async () => {
    const { statements, read } = slowReader();
    const lookup = createBatchedLookup(read, sequential);
    const first = lookup('a');
    const second = lookup('a');
    statements[0]?.release();
    expect(await first).toBe('found a');
    await nextBatch();
    statements[1]?.release([]);
    expect(await second).toBeNull();
  });

  it('reads at most 500 keys in one statement', async () => {
    const { statements, read } = slowReader();
    const lookup = createBatchedLookup(read, sequential);
    const results = Promise.all(Array.from({ length: 1_101 }, (_, i) => lookup(String(i))));
    for (let i = 0; i < 4; i += 1) {
      statements[i]?.release();
      await nextBatch();
    }
    await results;
    expect(statements.map(({ keys }) => keys.length)).toEqual([1, 500, 500, 100]);
  });

  it('starts a parallel statement, if the store allows several, once 24 lookups are queued', async () => {
    const { statements, read } = slowReader();
    const lookup = createBatchedLookup(read, { ...sequential, maxParallel: 2 });
    const results = Promise.all(Array.from({ length: 60 }, (_, i) => lookup(String(i))));
    expect(statements.map(({ keys }) => keys.length)).toEqual([1, 24]);
    statements[1]?.release();
    await nextBatch();
    expect(statements.map(({ keys }) => keys.length)).toEqual([1, 24, 35]);
    for (const { release } of statements) release();
    expect(await results).toEqual(Array.from({ length: 60 }, (_, i) => `found ${i}`));
    expect(statements).toHaveLength(3);
  });

  it('rejects every lookup of a failed statement with StoreUnavailable, and then works again', async () => {
    const { statements, read } = slowReader();
    const lookup = createBatchedLookup(read, sequential);
    const cause = new Error('disk on fire');
    const first = lookup('a');
    statements[0]?.fail(cause);
    await expect(first).rejects.toMatchObject({ name: 'StoreUnavailable', cause });
    const second = lookup('b');
    statements[1]?.release();
    expect(await second).toBe('found b');
  });

  it('works again after a reader that throws synchronously', async () => {
    const lookup = createBatchedLookup(() => {
      throw new Error('synchronous');
    }, sequential);
    await expect(lookup('a')).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(lookup('a')).rejects.toBeInstanceOf(StoreUnavailable);
  });

  it('rejects thousands of queued lookups after one deadline, not batch by batch, if the database hangs', async () => {
    const { read } = slowReader();
    const lookup = createBatchedLookup(read, shortDeadline);
    const startedAt = performance.now();
    await Promise.allSettled(Array.from({ length: 5_000 }, (_, i) => lookup(String(i))));
    expect(performance.now() - startedAt).toBeLessThan(400);
  });

  it('rejects queued lookups too when the deadline passes', async () => {
    const { read } = slowReader();
    const lookup = createBatchedLookup(read, shortDeadline);
    const startedAt = performance.now();
    const results = await Promise.allSettled(['a', 'b', 'c'].map(lookup));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('returns results that arrived while the event loop stalled past the deadline', async () => {
    const lookup = createBatchedLookup(async (keys) => {
      await stat('/');
      return keys.map((key) => `found ${key}`);
    }, shortDeadline);
    const results = await new Promise((resolve) => {
      // After this callback the event loop runs its timers first, and only then the results that have arrived.
      setImmediate(() => {
        resolve(Promise.all([lookup('a'), lookup('b')]));
        const end = performance.now() + 1000;
        while (performance.now() < end);
      });
    });
    expect(results).toEqual(['found a', 'found b']);
  });
});
