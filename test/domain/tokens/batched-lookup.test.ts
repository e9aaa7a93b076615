import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createBatchedLookup } from '../../../server/domain/tokens/batched-lookup.ts';
import { StoreUnavailable } from '../../../server/store/errors.ts';

/** A reader whose statements wait until they are released, in order. */
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

const alone = { deadlineMs: 1_000, maxParallel: 1 };
const impatient = { ...alone, deadlineMs: 100 };

/** Long enough for the next batch to go out. */
const turn = async () => {
  for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('grouped look-ups', () => {
  it('ask at once for a lone key', async () => {
    const { statements, read } = slowReader();
    const answer = createBatchedLookup(read, alone)('a');
    expect(statements.map(({ keys }) => keys)).toEqual([['a']]);
    statements[0]?.release();
    expect(await answer).toBe('found a');
  });

  it('share the next statement if they come while one is under way', async () => {
    const { statements, read } = slowReader();
    const lookup = createBatchedLookup(read, alone);
    const answers = Promise.all(['a', 'b', 'c', 'b'].map(lookup));
    statements[0]?.release();
    await turn();
    expect(statements.map(({ keys }) => keys)).toEqual([['a'], ['b', 'c', 'b']]);
    statements[1]?.release(['b']);
    expect(await answers).toEqual(['found a', 'found b', null, 'found b']);
  });

  it('never take the answer of a statement that began before the question', async () => {
    const { statements, read } = slowReader();
    const lookup = createBatchedLookup(read, alone);
    const early = lookup('a');
    const late = lookup('a');
    statements[0]?.release();
    expect(await early).toBe('found a');
    await turn();
    statements[1]?.release([]);
    expect(await late).toBeNull();
  });

  it('ask for at most 500 keys in one statement', async () => {
    const { statements, read } = slowReader();
    const lookup = createBatchedLookup(read, alone);
    const answers = Promise.all(Array.from({ length: 1_101 }, (_, i) => lookup(String(i))));
    for (let i = 0; i < 4; i += 1) {
      statements[i]?.release();
      await turn();
    }
    await answers;
    expect(statements.map(({ keys }) => keys.length)).toEqual([1, 500, 500, 100]);
  });

  it('go out beside others, where the database carries out several, once there are many', async () => {
    const { statements, read } = slowReader();
    const lookup = createBatchedLookup(read, { ...alone, maxParallel: 2 });
    const answers = Promise.all(Array.from({ length: 60 }, (_, i) => lookup(String(i))));
    expect(statements.map(({ keys }) => keys.length)).toEqual([1, 24]);
    statements[1]?.release();
    await turn();
    expect(statements.map(({ keys }) => keys.length)).toEqual([1, 24, 35]);
    for (const { release } of statements) release();
    expect(await answers).toEqual(Array.from({ length: 60 }, (_, i) => `found ${i}`));
    expect(statements).toHaveLength(3);
  });

  it('reject all of a failed statement as unavailable, and go on', async () => {
    const { statements, read } = slowReader();
    const lookup = createBatchedLookup(read, alone);
    const cause = new Error('disk on fire');
    const first = lookup('a');
    statements[0]?.fail(cause);
    await expect(first).rejects.toMatchObject({ name: 'StoreUnavailable', cause });
    const second = lookup('b');
    statements[1]?.release();
    expect(await second).toBe('found b');
  });

  it('survive a reader that throws at once', async () => {
    const lookup = createBatchedLookup(() => {
      throw new Error('at once');
    }, alone);
    await expect(lookup('a')).rejects.toBeInstanceOf(StoreUnavailable);
    await expect(lookup('a')).rejects.toBeInstanceOf(StoreUnavailable);
  });

  it('say unavailable to a whole crowd behind a database that hangs, and not batch after batch', async () => {
    const { read } = slowReader();
    const lookup = createBatchedLookup(read, impatient);
    const began = performance.now();
    await Promise.allSettled(Array.from({ length: 5_000 }, (_, i) => lookup(String(i))));
    expect(performance.now() - began).toBeLessThan(400);
  });

  it('say unavailable when the deadline is over, also to those that queue behind', async () => {
    const { read } = slowReader();
    const lookup = createBatchedLookup(read, impatient);
    const began = performance.now();
    const answers = await Promise.allSettled(['a', 'b', 'c'].map(lookup));
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  it('are answered although this process was held up for longer than the deadline', async () => {
    const lookup = createBatchedLookup(async (keys) => {
      await stat('/');
      return keys.map((key) => `found ${key}`);
    }, impatient);
    const answers = await new Promise((resolve) => {
      // From here the loop comes to its timers first, and only then to what was answered meanwhile.
      setImmediate(() => {
        resolve(Promise.all([lookup('a'), lookup('b')]));
        const end = performance.now() + 200;
        while (performance.now() < end);
      });
    });
    expect(answers).toEqual(['found a', 'found b']);
  });
});
