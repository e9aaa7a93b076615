import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import { appFetch, openTestCliWithApp, password, type Surroundings, serverUrl } from '../../helpers/cli/cli.ts';

/** The time limit never passes, however slow this machine is. */
const patient: Surroundings = { sleep: () => new Promise(() => undefined) };

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let requests: string[];
let counted: typeof fetch;

beforeEach(async () => {
  cli = await openTestCliWithApp();
  requests = [];
  const send = appFetch(cli.app);
  counted = (input, init) => {
    requests.push(`${init?.method ?? 'GET'} ${new URL(String(input)).pathname}`);
    return send(input, init);
  };
  await createToken(cli.app, cli.app.dev, { name: 'ci-pipeline' });
  await createToken(cli.app, cli.app.dev, { name: 'nightly backup' });
});
afterEach(() => cli.close());

async function signIn(email: string, store: 'file' | 'keychain' = 'file') {
  const login = ['login', '--email', email, '--password-stdin', '--credential-store', store];
  expect(await cli.run(login, { stdin: password })).toMatchObject({ code: 0 });
}

async function names(argv: string[], surroundings: Surroundings = {}): Promise<string[]> {
  const ran = await cli.run(['__complete', ...argv], { ...patient, fetch: counted, ...surroundings });
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  return ran.stdout.split('\n').filter(Boolean).sort();
}

const unexpected = () => {
  throw new Error('Nothing should be requested.');
};
const cache = () => join(cli.configDir, 'completion.json');

it('prints the names of own tokens, of members and of apps', async () => {
  await signIn('dev@example.com');
  expect(await names(['token'])).toEqual(['ci-pipeline', 'nightly backup']);
  await signIn('root@example.com');
  await cli.run(['apps', 'create', 'grafana', '--url', 'https://grafana.example.com']);
  await cli.run(['service-accounts', 'create', 'deploy-bot']);
  expect(await names(['member'])).toEqual(expect.arrayContaining(['dev@example.com', 'root@example.com']));
  expect(await names(['app'])).toEqual(['grafana']);
  expect(await names(['service-account'])).toEqual(['deploy-bot']);
  expect(await names(['token', '--user', 'dev@example.com'])).toEqual(['ci-pipeline', 'nightly backup']);
  expect(await names(['token'])).toEqual([]);
});

it('asks the server again after 60 seconds', async () => {
  await signIn('dev@example.com');
  const start = cli.app.clock.now();
  const after = (seconds: number) => ({ now: new Date(start + seconds * 1000) });
  await names(['token'], after(0));
  await names(['token'], after(59));
  expect(requests).toEqual(['GET /api/v1/tokens']);
  await names(['token'], after(60));
  expect(requests).toHaveLength(2);
  // A clock that went back.
  await names(['token'], after(-1));
  expect(requests).toHaveLength(3);
});

it('offers names from the cache however long the process took to start', async () => {
  await signIn('dev@example.com');
  await names(['token']);
  expect(await names(['token'], { sinceStart: 5_000, fetch: unexpected })).toHaveLength(2);
});

it('waits for the server until 230 ms after the start of the process', async () => {
  await signIn('dev@example.com');
  const waited: number[] = [];
  const signals: Array<AbortSignal | null | undefined> = [];
  let ask: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const silent: typeof fetch = (_input, init) => {
    signals.push(init?.signal);
    ask();
    return new Promise(() => undefined);
  };
  const sleep = async (ms: number) => {
    waited.push(ms);
    await asked;
  };
  expect(await names(['token'], { sinceStart: 100, sleep, fetch: silent })).toEqual([]);
  expect(waited).toEqual([130]);
  expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
});

it('shows a change by this program at once', async () => {
  await signIn('dev@example.com');
  await names(['token']);
  await cli.run(['revoke', 'ci-pipeline', '--yes']);
  expect(await names(['token'])).toEqual(['nightly backup']);
  await cli.run(['create', 'laptop']);
  expect(await names(['token'])).toEqual(['laptop', 'nightly backup']);
});

it('keeps names only, for their owner only, in a file that only the person can read', async () => {
  await signIn('dev@example.com');
  await names(['token']);
  expect((await stat(cache())).mode & 0o777).toBe(0o600);
  const text = await readFile(cache(), 'utf8');
  expect(text).toContain('ci-pipeline');
  expect(text).not.toMatch(/tok_|session_/);
  await signIn('root@example.com');
  expect(await names(['token'])).toEqual([]);
});

it('offers no names that another member or another server had, however young', async () => {
  await signIn('dev@example.com');
  await names(['token']);
  const ofDev = await readFile(cache(), 'utf8');
  await writeFile(cache(), ofDev.replaceAll(serverUrl, 'https://other.example.com').replaceAll('ci-pipeline', 'other'));
  expect(await names(['token'])).toEqual(['ci-pipeline', 'nightly backup']);
  await signIn('root@example.com');
  await writeFile(cache(), ofDev, { mode: 0o600 });
  expect(await names(['token'])).toEqual([]);
});

it('asks the server only if a response can come in time', async () => {
  await signIn('dev@example.com');
  expect(await names(['token'], { sinceStart: 171 })).toEqual([]);
  expect(requests).toEqual([]);
  expect(await names(['token'], { sinceStart: 170 })).toHaveLength(2);
});

const filesWithNames = async () => (await readdir(cli.configDir)).filter((file) => file.includes('completion'));

it.each([['logout'], ['servers', 'remove', serverUrl]])('forgets the names after `%s`', async (...argv) => {
  await signIn('dev@example.com');
  await names(['token']);
  // What a completion leaves that was killed in the middle of its write.
  await writeFile(join(cli.configDir, '.completion.json.0f5a7d5e'), '{"names": ["ci-pipeline"]}', { mode: 0o600 });
  expect(await filesWithNames()).toHaveLength(2);
  expect(await cli.run(argv)).toMatchObject({ code: 0 });
  expect(await filesWithNames()).toEqual([]);
});

it('prints the names before it saves them, and ends after that', async () => {
  await signIn('dev@example.com');
  const wasSaved: boolean[] = [];
  expect(await names(['token'], { onWrite: () => void wasSaved.push(existsSync(cache())) })).toHaveLength(2);
  expect(wasSaved).toEqual([false]);
  expect(await filesWithNames()).toEqual(['completion.json']);
});

it('reads a keychain only if that asks the person nothing', async () => {
  await signIn('dev@example.com', 'keychain');
  const untouched = {
    ...cli.keychain,
    get: () => {
      throw new Error('The keychain was opened.');
    },
  };
  expect(await names(['token'], { keychain: untouched })).toEqual([]);
  expect(requests).toEqual([]);
  expect(await names(['token'], { keychainIsUnlocked: true })).toEqual(['ci-pipeline', 'nightly backup']);
});

it('keeps no names of a session from the environment, because nothing says whose it is', async () => {
  await signIn('root@example.com');
  expect(await names(['token'], { env: { TOKENS_SESSION: cli.app.dev.session } })).toHaveLength(2);
  await expect(stat(cache())).rejects.toThrow('ENOENT');
  expect(await names(['token'])).toEqual([]);
});

it.each<[string, string[], Surroundings]>([
  ['the server is too slow', ['token'], { fetch: () => new Promise(() => undefined), sleep: async () => undefined }],
  ['the process took too long to start', ['token'], { sinceStart: 200, fetch: unexpected }],
  ['the server fails', ['token'], { fetch: async () => new Response(null, { status: 502 }) }],
  ['the server is no tokensd', ['token'], { fetch: async () => Response.json({ items: [{ name: 1 }] }) }],
  ['the member may not see the names', ['member'], {}],
  ['look-ups are turned off', ['token'], { env: { TOKENS_COMPLETE: 'static' } }],
  ['nobody knows what is meant', ['webhook'], {}],
  ['no server is known', ['token'], { env: { TOKENS_SERVER: '', TOKENS_CONFIG_DIR: '/nonexistent/tokens' } }],
])('prints nothing if %s', async (_case, argv, surroundings) => {
  await signIn('dev@example.com');
  expect(await names(argv, surroundings)).toEqual([]);
});

it('reads a damaged cache as an empty one, and prints no control characters', async () => {
  await signIn('dev@example.com');
  await writeFile(cache(), '{"x": {"at": 5}, "y": null', { mode: 0o600 });
  expect(await names(['token'])).toHaveLength(2);
  const hostile = async () =>
    Response.json({
      items: ['\u001b[2J', 'wiki'].map((name, id) => ({ id: String(id), name, url: '' })),
      next_cursor: null,
    });
  expect(await names(['app'], { fetch: hostile })).toEqual(['wiki']);
});
