import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createPace } from '../../../server/http/admission/pace.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('runs a few tasks at once, and others later in their order', () => {
  const pace = createPace(4);
  const done: number[] = [];
  for (let n = 1; n <= 10; n += 1) pace(() => done.push(n));
  expect(done).toEqual([1, 2, 3, 4]);
  vi.advanceTimersByTime(20);
  expect(done).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  pace(() => done.push(11));
  vi.advanceTimersByTime(20);
  expect(done).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

it('runs a task at once after a time without tasks, and needs no timer then', () => {
  const pace = createPace(4);
  let count = 0;
  for (let n = 0; n < 6; n += 1) pace(() => (count += 1));
  vi.advanceTimersByTime(60);
  expect([count, vi.getTimerCount()]).toEqual([6, 0]);
  pace(() => (count += 1));
  expect(count).toBe(7);
});

it('runs at most 200 tasks a second', () => {
  const pace = createPace(4);
  let count = 0;
  for (let ms = 0; ms < 1_000; ms += 1) {
    pace(() => (count += 1));
    vi.advanceTimersByTime(1);
  }
  expect(count).toBeLessThanOrEqual(204);
  expect(count).toBeGreaterThan(190);
});
