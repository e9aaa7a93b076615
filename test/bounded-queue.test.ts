import { describe, expect, it } from 'vitest';
import { type BoundedQueueOptions, createBoundedQueue } from '../server/bounded-queue.ts';

class Refused extends Error {}
class Outage extends Error {}

function createQueue(options: Partial<BoundedQueueOptions> = {}) {
  const bounds = { concurrency: 1, maxWaiting: 100, maxWaitMs: 60_000 };
  const isOutage = (error: unknown) => error instanceof Outage;
  return createBoundedQueue({ ...bounds, refusal: () => new Refused('refused'), isOutage, ...options });
}

/** A task that ends when the test says so. */
function createTask() {
  let finish: (result: string) => void = () => {};
  let fail: (error: Error) => void = () => {};
  let started = false;
  const ended = new Promise<string>((resolve, reject) => {
    [finish, fail] = [resolve, reject];
  });
  const run = () => {
    started = true;
    return ended;
  };
  return { run, finish: () => finish('done'), fail: (error: Error) => fail(error), started: () => started };
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a bounded queue', () => {
  it('runs tasks one after another, in the order of arrival', async () => {
    const order: number[] = [];
    const queue = createQueue();
    const task = (turn: number) => async () => {
      await sleep(1);
      order.push(turn);
      return turn;
    };
    expect(await Promise.all([1, 2, 3, 4].map((turn) => queue(task(turn))))).toEqual([1, 2, 3, 4]);
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it('runs as many tasks at the same time as it may', async () => {
    const queue = createQueue({ concurrency: 2 });
    const tasks = [createTask(), createTask(), createTask()];
    const results = tasks.map(({ run }) => queue(run));
    expect(tasks.map(({ started }) => started())).toEqual([true, true, false]);
    for (const { finish } of tasks) finish();
    expect(await Promise.all(results)).toEqual(['done', 'done', 'done']);
  });

  it('refuses a task at once if too many wait', async () => {
    const queue = createQueue({ maxWaiting: 1 });
    const task = createTask();
    const [running, waiting] = [queue(task.run), queue(async () => 'waited')];
    await expect(queue(async () => 'never')).rejects.toBeInstanceOf(Refused);
    task.finish();
    expect(await Promise.all([running, waiting])).toEqual(['done', 'waited']);
  });

  it('refuses a task that waited too long, without running it, while another one is stuck', async () => {
    const queue = createQueue({ maxWaitMs: 10 });
    const [stuck, late] = [createTask(), createTask()];
    const running = queue(stuck.run);
    await expect(queue(late.run)).rejects.toBeInstanceOf(Refused);
    stuck.finish();
    await running;
    expect(late.started()).toBe(false);
    expect(await queue(async () => 'next')).toBe('next');
  });

  it('goes on after a task that failed', async () => {
    const queue = createQueue();
    const task = createTask();
    const [failing, next] = [queue(task.run), queue(async () => 'next')];
    task.fail(new Error('wrong'));
    await expect(failing).rejects.toThrow('wrong');
    expect(await next).toBe('next');
  });

  it('refuses tasks that have waited for a while if one fails with an outage, and tries those that have just arrived', async () => {
    const queue = createQueue();
    const task = createTask();
    const results = Promise.allSettled([queue(task.run), queue(async () => 'early'), sleep(300)]);
    await sleep(300);
    const fresh = queue(async () => 'fresh');
    task.fail(new Outage('no database'));
    expect(await results).toMatchObject([{ reason: expect.any(Outage) }, { reason: expect.any(Refused) }, {}]);
    expect(await fresh).toBe('fresh');
  });

  it('runs an urgent task first, however many wait and however late it is', async () => {
    const queue = createQueue({ maxWaiting: 1, maxWaitMs: 10 });
    const order: string[] = [];
    const task = createTask();
    const note = (name: string) => async () => {
      order.push(name);
    };
    const running = queue(task.run);
    const late = queue(note('late'));
    await expect(late).rejects.toBeInstanceOf(Refused);
    const waiting = queue(note('waiting'));
    const urgent = queue(note('urgent'), { urgent: true });
    task.finish();
    await Promise.all([running, waiting, urgent]);
    expect(order).toEqual(['urgent', 'waiting']);
  });
});
