import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { prepareDaemon } from '../../helpers/daemon/daemon.ts';
import {
  buildFloodPrograms,
  type FloodPrograms,
  type FloodShape,
  measureFlood,
  startFloodTarget,
} from '../../helpers/floods/floods.ts';
import { knownFloods, otherFloods } from '../../helpers/floods/shapes.ts';
import { startPostgres, type TestPostgres } from '../../helpers/peers/postgres.ts';

/** `test/bench/flood-times.ts` measures all floods for longer. */
const seconds = 5;

let programs: FloodPrograms;
let postgres: TestPostgres;
beforeAll(async () => {
  programs = await buildFloodPrograms();
  postgres = await startPostgres();
});
afterAll(async () => {
  await programs.remove();
  await postgres.remove();
});

const cleanups: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function flood(engine: 'sqlite' | 'postgres', shape: FloodShape) {
  const env: Record<string, string> =
    engine === 'postgres' ? { TOKENSD_DATABASE_URL: await postgres.newDatabase() } : {};
  const { dataDir, remove } = await prepareDaemon(env);
  cleanups.push(remove);
  const { daemon, probes } = await startFloodTarget(dataDir, env);
  cleanups.push(() => daemon.stop('SIGKILL'));
  return measureFlood(programs, daemon, shape, probes, seconds);
}

/** The first seconds of a flood from thousands of connections are slower, as SECURITY.md says, because they all open at once. */
const floods: ReadonlyArray<readonly ['sqlite' | 'postgres', string]> = [
  ['sqlite', 'GET /login, 300 connections, 16 deep'],
  ['postgres', 'GET /password/reset, 300 connections, 16 deep'],
  ['sqlite', 'thousands of requests in one packet'],
  ['postgres', 'introspection with wrong secrets'],
];

describe('a flood', () => {
  it.each(floods)('on %s does not stop verification, readiness and other networks: %s', async (engine, name) => {
    const shape = { ...knownFloods, ...otherFloods }[name] ?? expect.fail(`There is no flood ${name}.`);
    const { verification, ready, member, memoryBefore, memoryMax } = await flood(engine, shape);
    expect(verification.statuses).toEqual({ 200: verification.count });
    expect(verification.p99).toBeLessThan(250);
    expect(ready.statuses).toEqual({ 200: ready.count });
    expect(ready.slowest).toBeLessThan(1_000);
    expect(member.statuses).toEqual({ 200: member.count });
    expect(member.slowest).toBeLessThan(2_000);
    expect(memoryMax - memoryBefore).toBeLessThan(150);
  });
});
