import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { verify } from '../helpers/daemon/api.ts';
import { useNodes } from '../helpers/daemon/nodes.ts';
import { eventually } from '../helpers/daemon/process.ts';
import { isFullLength } from '../helpers/length.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How long the server is frozen before the checks begin, in seconds: longer than every time limit of the daemon. */
const frozenSeconds = isFullLength ? 20 : 4;

/** More requests than the pool for changes has connections, so that some wait for one. */
const members = 12;

/** Verifies an active and a revoked token and reads `/me` in a loop, and records every response that is not allowed. */
function watch(urls: string[], { active, revoked, session }: { active: string; revoked: string; session: string }) {
  const wrong: string[] = [];
  const slowest = { ms: 0 };
  let stopped = false;
  const ask = async (what: string, send: () => Promise<Response>, allowed: unknown[]) => {
    while (!stopped) {
      const began = performance.now();
      const status = await send().then(
        (response) => response.status,
        () => 'no response',
      );
      slowest.ms = Math.max(slowest.ms, performance.now() - began);
      if (!allowed.includes(status)) wrong.push(`${status} for ${what}`);
      await sleep(5);
    }
  };
  const headers = { Authorization: `Bearer ${session}` };
  const loops = urls.flatMap((url) => [
    ask('active', () => verify(url, active), [200, 503]),
    ask('revoked', () => verify(url, revoked), [401, 503]),
    ...Array.from({ length: members }, () => ask('me', () => fetch(`${url}/api/v1/me`, { headers }), [200, 503])),
  ]);
  return {
    wrong,
    slowest,
    async stop() {
      stopped = true;
      await Promise.all(loops);
    },
  };
}

/** Two seconds, and a margin for a busy machine. */
const maxResponseMs = 2_300;

async function expectPromptly(status: number, response: Promise<Response>): Promise<void> {
  const began = performance.now();
  expect((await response).status).toBe(status);
  expect(performance.now() - began).toBeLessThan(maxResponseMs);
}

describe.each(hasRealParts('postgres') ? (['embedded', 'debian'] as const) : (['embedded'] as const))(
  'two daemons on PostgreSQL (%s)',
  (kind) => {
    const nodes = useNodes(kind, 2);
    const urls = () => nodes().daemons.map(({ url }) => url);

    const failures: Array<[string, () => Promise<unknown>, () => Promise<unknown>]> = [
      ['is stopped', () => nodes().postgres.halt(), () => nodes().postgres.resume()],
      ['is killed', () => nodes().postgres.kill(), () => nodes().postgres.resume()],
      [
        `is frozen for ${frozenSeconds} s`,
        () =>
          nodes()
            .postgres.signal('STOP')
            .then(() => sleep(frozenSeconds * 1000)),
        () => nodes().postgres.signal('CONT'),
      ],
      ['ends every connection', terminate, async () => {}],
    ];

    const askForToken = (url: string, name: string) =>
      fetch(`${url}/api/v1/tokens`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${nodes().root.session}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ name }),
      });

    const askToSignIn = (url: string, turn: number) =>
      fetch(`${url}/api/v1/sessions`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ email: `member-${turn}@example.com`, password: 'analytical engines' }),
      });

    async function expectUnavailable(url: string, name: string, token: string) {
      await expectPromptly(503, verify(url, token));
      await expectPromptly(503, fetch(`${url}/readyz`));
      await expectPromptly(200, fetch(`${url}/healthz`));
      await expectPromptly(503, askForToken(url, `during ${name}`));
      await Promise.all(Array.from({ length: 40 }, () => expectPromptly(503, askForToken(url, `crowd ${name}`))));
      const signIns = Array.from({ length: 12 }, (_, turn) => expectPromptly(503, askToSignIn(url, turn)));
      await Promise.all(signIns);
      await expectPromptly(401, verify(url, 'tok_malformed'));
      const text = await (await fetch(`${url}/metrics`)).text();
      expect(text).toMatch(/^tokensd_database_errors_total\{kind="unavailable"\} [1-9]/m);
      expect(text).toMatch(/^tokensd_verifications_total\{route="forward-auth",outcome="unavailable"\} [1-9]/m);
    }

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

    it.each(failures)(
      'return no wrong verdict, respond 503 within two seconds, and recover within five if the server %s',
      async (name, begin, end) => {
        const { root } = nodes();
        const made = await root.createToken(`active while it ${name}`);
        const gone = await root.createToken(`revoked before it ${name}`);
        await root.request('DELETE', `/tokens/${gone.id}`);
        const watcher = watch(urls(), { active: made.token, revoked: gone.token, session: root.session });
        try {
          await begin();
          if (name !== 'ends every connection') {
            for (const url of urls()) await expectUnavailable(url, name, made.token);
          }
        } finally {
          await end();
        }
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
        expect(watcher.slowest.ms).toBeLessThan(maxResponseMs);
        expect((await root.createToken(`after it ${name}`)).status).toBe('active');
      },
    );
  },
);
