import { describe, expect, it } from 'vitest';
import { createAcceptedWork } from '../../server/domain/accepted-work.ts';
import { StoreBusy, StoreUnavailable } from '../../server/store/errors.ts';

function open(retryMs = 60_000) {
  const lost: unknown[] = [];
  return { lost, ...createAcceptedWork((error) => lost.push(error), { retryMs }) };
}

const unavailable = () => Promise.reject(new StoreUnavailable('The database is unavailable.'));
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('accepted work', () => {
  it('is done in order, and finishing waits for all of it', async () => {
    const work = open();
    const done: number[] = [];
    for (const turn of [1, 2, 3]) {
      work.accept(async () => {
        await sleep(5);
        done.push(turn);
      });
    }
    expect(done).toEqual([]);
    await work.finish();
    expect(done).toEqual([1, 2, 3]);
    expect(work.lost).toEqual([]);
  });

  it('is tried again until the database is available', async () => {
    const work = open(1);
    let attempts = 0;
    const done = new Promise<void>((resolve) => {
      work.accept(async () => {
        attempts += 1;
        if (attempts < 4) await unavailable();
        resolve();
      });
    });
    await done;
    expect(attempts).toBe(4);
  });

  it('is tried once more when the daemon stops during an outage, and is then reported as lost', async () => {
    const work = open();
    let available = false;
    const done: string[] = [];
    const doIt = (name: string) => async () => {
      if (!available) await unavailable();
      done.push(name);
    };
    work.accept(doIt('first'));
    await sleep(5);
    await work.finish();
    expect([done, work.lost]).toEqual([[], [expect.any(StoreUnavailable)]]);
    work.accept(doIt('second'));
    await sleep(5);
    available = true;
    await work.finish();
    expect([done, work.lost.length]).toEqual([['second'], 1]);
  });

  it('that fails for another reason is reported, and does not stop the rest', async () => {
    const work = open();
    let done = false;
    work.accept(() => Promise.reject(new Error('wrong')));
    work.accept(async () => {
      done = true;
    });
    await work.finish();
    expect([done, work.lost]).toEqual([true, [new Error('wrong')]]);
  });

  it('is rejected while too much of it waits', async () => {
    const work = open();
    for (let turn = 0; turn < 200; turn += 1) work.accept(() => sleep(0).then(() => undefined));
    expect(() => work.accept(async () => {})).toThrow(StoreBusy);
    await work.finish();
    work.accept(async () => {});
    await work.finish();
  });
});
