import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateToken } from '../../server/domain/secrets.ts';
import { createToken } from '../helpers/app/app.ts';
import { useEngines } from '../helpers/app/engines.ts';
import { startTestServer, type TestServer } from '../helpers/app/http.ts';

const tries = 200;
/** Repeats a measurement that is off, because the machine may be busy. The tolerance stays. */
const measurements = 3;
const tolerance = 0.1;
const engines = useEngines();

function trimmedMean(times: readonly number[]): number {
  const kept = [...times].sort((a, b) => a - b).slice(0, Math.ceil(times.length * 0.9));
  return kept.reduce((sum, time) => sum + time, 0) / kept.length;
}

describe.each(['SQLite', 'PostgreSQL'] as const)('on %s', (engine) => {
  let server: TestServer;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  beforeAll(async () => {
    server = await startTestServer({}, 0, engines[engine]());
  });
  afterAll(async () => {
    agent.destroy();
    await server.stop();
  });

  test('a canary is denied after the same mean time as a value that was never issued', async () => {
    const canaries: string[] = [];
    for (let made = 0; made < 20; made += 1) {
      canaries.push((await createToken(server, server.dev, { name: `canary-${made}`, canary: true })).token);
    }
    const unknown = canaries.map(() => generateToken('tok').reveal());
    const present = async (value: string) => {
      const began = performance.now();
      const headers = [['X-API-Key', value]] as const;
      const { status } = await server.send({ agent, path: '/verify/auth-request', headers });
      expect(status).toBe(401);
      return performance.now() - began;
    };
    /** Returns the larger mean time divided by the smaller, over interleaved tries. Leaves out the slowest tenth, which waited for the machine. */
    const measure = async () => {
      const times = { canary: [] as number[], unknown: [] as number[] };
      for (let round = 0; round < tries; round += 1) {
        const pair = [
          ['canary', canaries[round % canaries.length]],
          ['unknown', unknown[round % unknown.length]],
        ] as const;
        for (const [kind, value] of round % 2 === 0 ? pair : [...pair].reverse())
          times[kind].push(await present(value ?? ''));
      }
      const means = [trimmedMean(times.canary), trimmedMean(times.unknown)];
      return Math.max(...means) / Math.min(...means);
    };
    for (const value of [...canaries, ...unknown, ...canaries, ...unknown]) await present(value);
    const ratios: number[] = [];
    while (ratios.length < measurements && !ratios.some((ratio) => ratio <= 1 + tolerance))
      ratios.push(await measure());
    expect(Math.min(...ratios), `ratios ${ratios.join(', ')}`).toBeLessThanOrEqual(1 + tolerance);
  }, 60_000);
});
