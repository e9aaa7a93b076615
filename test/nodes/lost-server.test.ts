import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { verify } from '../helpers/api.ts';
import { useNodes } from '../helpers/nodes.ts';
import { eventually } from '../helpers/process.ts';
import { hasRealParts } from '../helpers/real-parts.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Asks about a good and a revoked token all the time, and remembers each answer that may not be. */
function watch(urls: string[], good: string, revoked: string) {
  const wrong: string[] = [];
  const slowest = { ms: 0 };
  let stopped = false;
  const ask = async (url: string, value: string, allowed: unknown[]) => {
    while (!stopped) {
      const began = performance.now();
      const status = await verify(url, value).then(
        (answer) => answer.status,
        () => 'no answer',
      );
      slowest.ms = Math.max(slowest.ms, performance.now() - began);
      if (!allowed.includes(status)) wrong.push(`${status} for ${value === good ? 'good' : 'revoked'}`);
      await sleep(5);
    }
  };
  const loops = urls.flatMap((url) => [ask(url, good, [200, 503]), ask(url, revoked, [401, 503])]);
  return {
    wrong,
    slowest,
    async stop() {
      stopped = true;
      await Promise.all(loops);
    },
  };
}

describe.each(hasRealParts('postgres') ? (['embedded', 'debian'] as const) : (['embedded'] as const))(
  'two daemons on PostgreSQL (%s)',
  (kind) => {
    const nodes = useNodes(kind, 2);
    const urls = () => nodes().daemons.map(({ url }) => url);

    const troubles: Array<[string, () => Promise<unknown>, () => Promise<unknown>]> = [
      ['is stopped', () => nodes().postgres.halt(), () => nodes().postgres.resume()],
      ['is killed', () => nodes().postgres.kill(), () => nodes().postgres.resume()],
      [
        'is frozen for 20 s',
        () =>
          nodes()
            .postgres.signal('STOP')
            .then(() => sleep(20_000)),
        () => nodes().postgres.signal('CONT'),
      ],
      ['ends every connection', terminate, async () => {}],
    ];

    async function terminate() {
      const admin = new pg.Client(nodes().databaseUrl);
      await admin.connect();
      for (let turn = 0; turn < 10; turn += 1) {
        await admin.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
        );
        await sleep(50);
      }
      await admin.end();
    }

    it.each(troubles)(
      'that %s never decide wrongly, say 503 within two seconds, and recover within five',
      async (name, begin, end) => {
        const { root } = nodes();
        const made = await root.createToken(`good while it ${name}`);
        const gone = await root.createToken(`revoked before it ${name}`);
        await root.request('DELETE', `/tokens/${gone.id}`);
        const watcher = watch(urls(), made.token, gone.token);
        await begin();
        if (name !== 'ends every connection') {
          for (const url of urls()) {
            const began = performance.now();
            expect((await verify(url, made.token)).status).toBe(503);
            expect((await fetch(`${url}/readyz`)).status).toBe(503);
            expect((await fetch(`${url}/healthz`)).status).toBe(200);
            expect((await root.request('POST', '/tokens', { name: `during ${name}` })).status).toBe(503);
            expect(performance.now() - began).toBeLessThan(8_000);
            expect((await verify(url, 'tok_malformed')).status).toBe(401);
          }
        }
        await end();
        const back = performance.now();
        for (const url of urls()) {
          await eventually(
            async () => (await verify(url, made.token)).status === 200,
            'verification to recover',
            5_000,
          );
          await eventually(
            async () => (await fetch(`${url}/api/v1/me`, { headers: { Authorization: `Bearer ${root.session}` } })).ok,
            'the API to recover',
            5_000,
          );
        }
        expect(performance.now() - back).toBeLessThan(5_000);
        await watcher.stop();
        expect(watcher.wrong).toEqual([]);
        expect(watcher.slowest.ms).toBeLessThan(2_300);
        expect((await root.createToken(`after it ${name}`)).status).toBe('active');
      },
    );
  },
);
