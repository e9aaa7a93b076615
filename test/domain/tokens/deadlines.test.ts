import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createDeadlines } from '../../../server/domain/tokens/deadlines.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

const hanging = () => new Promise<string>(() => {});
const turns = async (count = 3) => {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** Starts a wait of this many milliseconds, and returns how it has ended so far. */
function start(waitUntil: ReturnType<typeof createDeadlines>, ms: number, work: Promise<string> = hanging()) {
  const wait = { state: 'waiting' };
  waitUntil(performance.now() + ms, work).then(
    (result) => Object.assign(wait, { state: result }),
    (error: Error) => Object.assign(wait, { state: error.message }),
  );
  return wait;
}

const pass = async (ms: number) => {
  vi.advanceTimersByTime(ms);
  await turns();
};

it('ends each wait at its own time, in whatever order they began', async () => {
  const createError = vi.fn(() => new Error('too late'));
  const waitUntil = createDeadlines(createError);
  const waits = [30, 10, 20, 30].map((ms) => start(waitUntil, ms));
  const states = () => waits.map(({ state }) => state);
  await pass(9);
  expect(states()).toEqual(['waiting', 'waiting', 'waiting', 'waiting']);
  await pass(1);
  expect(states()).toEqual(['waiting', 'too late', 'waiting', 'waiting']);
  await pass(10);
  expect(states()).toEqual(['waiting', 'too late', 'too late', 'waiting']);
  await pass(10);
  expect(states()).toEqual(['too late', 'too late', 'too late', 'too late']);
  expect(createError).toHaveBeenCalledTimes(4);
});

it('ends a wait that began while the timer was set for one that has ended early', async () => {
  const waitUntil = createDeadlines(() => new Error('too late'));
  const early = start(waitUntil, 10, Promise.resolve('done'));
  await pass(5);
  const late = start(waitUntil, 10);
  await pass(9);
  expect([early.state, late.state]).toEqual(['done', 'waiting']);
  await pass(1);
  expect(late.state).toBe('too late');
});

it('sets one timer for many waits, and forgets those that have ended', async () => {
  const createError = vi.fn();
  const waitUntil = createDeadlines(createError);
  for (let i = 0; i < 10; i += 1) start(waitUntil, 10, Promise.resolve('done'));
  expect(vi.getTimerCount()).toBe(1);
  await turns();
  await pass(10);
  expect(vi.getTimerCount()).toBe(0);
  expect(createError).not.toHaveBeenCalled();
});

it('rejects as the work rejects', async () => {
  const wait = start(
    createDeadlines(() => new Error('too late')),
    10,
    Promise.reject(new Error('broken')),
  );
  await pass(10);
  expect(wait.state).toBe('broken');
});

it('accepts a result that arrives two turns of the event loop after the time has passed', async () => {
  const waitUntil = createDeadlines(() => new Error('too late'));
  const wait = start(
    waitUntil,
    10,
    turns(2).then(() => 'done'),
  );
  await pass(10);
  expect(wait.state).toBe('done');
});
