import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Home, makeHome } from '../helpers/cli/home.ts';
import { runProgram } from '../helpers/daemon/process.ts';

/** What a person waits at most for the whole process, from its start to its end. */
const maxMs = 300;
/** Other work on the machine slows some runs down, and never makes one faster than the program is. */
const runs = 9;
const email = 'ada@example.com';

let home: Home;
const servers = [createTcpServer(() => undefined), createServer(answerLate)] as const;

beforeAll(async () => {
  home = await makeHome();
  for (const server of servers) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  (servers[1] as Server).closeAllConnections();
  for (const server of servers) server.close();
  await home.remove();
});

/** Answers after a second, as a far or busy server does. */
function answerLate(_request: unknown, response: { end(text: string): void }): void {
  setTimeout(() => response.end(JSON.stringify({ items: [], next_cursor: null })), 1_000).unref();
}

function urlOf(server: (typeof servers)[number]): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Remembers a sign-in to this address, with names that were read now, or none. */
async function signedInTo(url: string, names: readonly string[] | null): Promise<void> {
  const directory = join(home.path, '.config', 'tokens');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const write = (name: string, value: unknown) =>
    writeFile(join(directory, name), JSON.stringify(value), { mode: 0o600 });
  const entry = { url, host: new URL(url).host, email, credentialStore: 'file', insecureHttp: true };
  await write('config.json', { current: url, servers: [entry] });
  const kept = names === null ? {} : { [`${url} ${email} token`]: { at: new Date().toISOString(), names } };
  await write('completion.json', kept);
}

/** Returns the shortest time of several runs, from the start of the process to its end, and what the last one printed. */
async function shortest(env: Record<string, string> = {}): Promise<{ ms: number; printed: string }> {
  let ms = Number.POSITIVE_INFINITY;
  let printed = '';
  for (let run = 0; run < runs; run += 1) {
    const began = performance.now();
    const ran = await runProgram('tokens', ['__complete', 'token'], { env: { ...home.env, ...env } });
    ms = Math.min(ms, performance.now() - began);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    printed = ran.stdout;
  }
  return { ms, printed };
}

const session = { TOKENS_SESSION: 'session_of_nobody' };

it('takes less than 300 ms if the server never answers', async () => {
  await signedInTo(urlOf(servers[0]), null);
  const { ms, printed } = await shortest(session);
  expect(printed).toBe('');
  expect(ms).toBeLessThan(maxMs);
});

it('takes less than 300 ms if the server answers late', async () => {
  await signedInTo(urlOf(servers[1]), null);
  const { ms, printed } = await shortest(session);
  expect(printed).toBe('');
  expect(ms).toBeLessThan(maxMs);
});

it('takes less than 300 ms with names in the cache', async () => {
  await signedInTo(urlOf(servers[0]), ['ci-pipeline']);
  const { ms, printed } = await shortest();
  expect(printed).toBe('ci-pipeline\n');
  expect(ms).toBeLessThan(maxMs);
});

it('takes less than 300 ms without a session', async () => {
  await signedInTo(urlOf(servers[0]), null);
  const { ms, printed } = await shortest({ TOKENS_SERVER: 'http://127.0.0.1:9' });
  expect(printed).toBe('');
  expect(ms).toBeLessThan(maxMs);
});
