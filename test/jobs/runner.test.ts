import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { type Job, type Jobs, startJobs } from '../../server/jobs/runner.ts';
import { recordingLog } from '../helpers/app/log.ts';

let jobs: Jobs | undefined;
afterEach(() => jobs?.stop());

const { log, lines } = recordingLog();
const start = (...list: Job[]) => {
  jobs = startJobs(list, log);
  return jobs;
};
const idle = 60_000;

/** Creates a job that counts its runs. */
function counter(name: string, everyMs: number): Job & { runs: number } {
  const job = {
    name,
    everyMs,
    runs: 0,
    async run() {
      job.runs += 1;
    },
  };
  return job;
}

it('runs every job immediately, and again after its interval', async () => {
  const quick = counter('quick', 5);
  const slow = counter('slow', idle);
  start(quick, slow);
  await expect.poll(() => quick.runs).toBeGreaterThan(3);
  expect(slow.runs).toBe(1);
});

it('never overlaps runs of a job that is woken often', async () => {
  let running = 0;
  let maxRunning = 0;
  let runs = 0;
  const job: Job = {
    name: 'busy',
    everyMs: 1,
    async run() {
      running += 1;
      maxRunning = Math.max(maxRunning, running);
      await sleep(5);
      runs += 1;
      running -= 1;
    },
  };
  const { wake } = start(job);
  for (let turn = 0; turn < 20; turn += 1) {
    wake('busy');
    await sleep(1);
  }
  await expect.poll(() => runs).toBeGreaterThan(3);
  expect(maxRunning).toBe(1);
});

it('runs a woken job immediately, or once more after the current run', async () => {
  let runs = 0;
  const gates: Array<() => void> = [];
  const gated: Job = {
    name: 'gated',
    everyMs: idle,
    async run() {
      runs += 1;
      await new Promise<void>((resolve) => gates.push(resolve));
    },
  };
  const other = counter('other', idle);
  const { wake } = start(gated, other);
  wake('gated');
  wake('gated');
  gates.shift()?.();
  await expect.poll(() => runs).toBe(2);
  gates.shift()?.();
  await sleep(20);
  expect(runs).toBe(2);
  wake('gated');
  await expect.poll(() => runs).toBe(3);
  gates.shift()?.();
  expect(other.runs).toBe(1);
});

it.each([
  ['rejects', () => Promise.reject(new Error('the database is unreachable'))],
  [
    'throws',
    () => {
      throw new Error('the database is unreachable');
    },
  ],
])('logs the first failure and the recovery of a job that %s, and keeps running it', async (_, fail) => {
  lines.length = 0;
  let runs = 0;
  start({
    name: 'shaky',
    everyMs: 1,
    run() {
      runs += 1;
      return runs < 3 ? fail() : Promise.resolve();
    },
  });
  await expect.poll(() => runs).toBeGreaterThan(4);
  expect(lines).toEqual([
    expect.stringMatching(/"level":"error".*"job":"shaky".*the database is unreachable/),
    expect.stringMatching(/"level":"info".*"job":"shaky".*"failures":2/),
  ]);
});

it('stops immediately while idle', async () => {
  const job = counter('idle', idle);
  const { stop, wake } = start(job);
  await expect.poll(() => job.runs).toBe(1);
  await stop();
  wake('idle');
  await sleep(10);
  expect(job.runs).toBe(1);
});

it('signals the current run to end, and stops after it', async () => {
  const events: string[] = [];
  const { stop } = start({
    name: 'batch',
    everyMs: 1,
    async run(signal) {
      while (!signal.aborted) await sleep(1);
      events.push('signalled');
      await sleep(20);
      events.push('finished');
    },
  });
  await stop();
  events.push('stopped');
  expect(events).toEqual(['signalled', 'finished', 'stopped']);
});
