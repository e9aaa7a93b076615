import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Token } from '../../../../shared/schemas/tokens/tokens.ts';
import { isWellFormedToken } from '../../../../shared/token-format.ts';
import { verdict } from '../../../helpers/app/app.ts';
import {
  appFetch,
  lockedKeychain,
  onTerminal,
  openTestCliWithApp,
  type Surroundings,
} from '../../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
  dev = cli.as(cli.app.dev);
});
afterEach(() => cli.close());

const create = (argv: string[], more: Surroundings = {}) => cli.run(['create', ...argv], { ...dev, ...more });
const tokens = async (): Promise<Token[]> => JSON.parse((await cli.run(['list', '--json'], dev)).stdout);

it('prints only the value and a newline in a pipe', async () => {
  const ran = await create(['ci-pipeline'], { stderrIsTTY: false });
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  expect(ran.stdout).toMatch(/^tok_[0-9A-Za-z]{38}\n$/);
  expect(await verdict(cli.app, ran.stdout.trimEnd())).toBe(200);
});

it('warns on a terminal that the value cannot be shown again', async () => {
  const ran = await create(['ci'], { columns: 80 });
  expect(isWellFormedToken(ran.stdout.trimEnd())).toBe(true);
  expect(ran.stderr).toContain('cannot be shown again');
});

it('prints the token object with the value with --json', async () => {
  const { stdout } = await create(['ci', '--json', '--description', 'Builds']);
  const token = JSON.parse(stdout);
  expect(token).toMatchObject({ name: 'ci', description: 'Builds', owner: 'dev@example.com', status: 'active' });
  expect(isWellFormedToken(token.token)).toBe(true);
});

it.each([
  ['30m', '2026-11-23T16:50:00.000Z'],
  ['90d', '2027-02-21T16:20:00.000Z'],
  ['2027-01-31', '2027-01-31T23:59:59.999Z'],
  ['2027-01-31T12:00:00+02:00', '2027-01-31T10:00:00.000Z'],
  ['never', null],
])('creates a token with --expires %s that expires at %s', async (text, expected) => {
  const { stdout } = await create(['ci', '--json', '--expires', text]);
  expect(JSON.parse(stdout).expires_at).toBe(expected);
});

it.each(['soon', '10', '-1d', '2027-02-30', '0d', ''])('rejects --expires "%s" and creates nothing', async (text) => {
  expect((await create(['ci', '--expires', text])).code).toBe(2);
  expect(await tokens()).toEqual([]);
});

it('exits 2 for an expiry in the past', async () => {
  expect((await create(['ci', '--expires', '2020-01-01'])).code).toBe(2);
});

it('exits 5 for a name that is already used, and 0 without output with --if-absent', async () => {
  await create(['ci']);
  const taken = await create(['CI', '--json']);
  expect(taken.code).toBe(5);
  expect(JSON.parse(taken.stderr)).toMatchObject({ code: 'name-taken', status: 409 });
  expect(await create(['ci', '--if-absent'])).toEqual({ code: 0, stdout: '', stderr: '' });
  expect((await create(['other', '--if-absent'])).stdout).toMatch(/^tok_/);
});

it('creates the token with --if-absent if the one with this name has expired', async () => {
  await create(['ci', '--expires', '1h']);
  cli.app.clock.advance(3600_000);
  expect((await create(['ci', '--if-absent'])).stdout).toMatch(/^tok_/);
  expect(await create(['ci', '--if-absent'])).toEqual({ code: 0, stdout: '', stderr: '' });
});

it('exits 4 without the permission', async () => {
  await cli.run(['ungrant', 'dev@example.com'], cli.as(cli.app.root));
  expect((await create(['ci'])).code).toBe(4);
});

it.each(['', '   ', 'x'.repeat(65), 'a\nb', 'a\u202eb', 'a\u0000b'])('exits 2 for the name %j', async (name) => {
  expect((await create([name])).code).toBe(2);
});

it('stores the value with --store for get to print, and prints nothing with --no-print', async () => {
  expect((await create(['Laptop', '--store', '--no-print'])).stdout).toBe('');
  const value = cli.keychain.entries.get('tokens.example.com/token/dev@example.com/Laptop') ?? '';
  expect(await verdict(cli.app, value)).toBe(200);
  const offline = { ...dev, fetch: () => Promise.reject(new Error('used the network')) };
  expect(await cli.run(['get', 'Laptop'], offline)).toEqual({ code: 0, stdout: `${value}\n`, stderr: '' });
  expect((await cli.run(['get', 'laptop'], offline)).stdout).toBe(`${value}\n`);
  expect((await cli.run(['get', value.slice(0, 12)], offline)).stdout).toBe(`${value}\n`);
  expect(JSON.parse((await cli.run(['get', 'Laptop', '--json'], offline)).stdout).token).toBe(value);
});

it('stores all values that are created concurrently', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  await Promise.all(names.map((name) => create([name, '--store', '--no-print'])));
  for (const name of names) expect((await cli.run(['get', name], dev)).code).toBe(0);
});

it('also prints the value with --store, and omits it with --json --no-print', async () => {
  expect((await create(['one', '--store'])).stdout).toMatch(/^tok_/);
  const described = JSON.parse((await create(['two', '--store', '--no-print', '--json'])).stdout);
  expect(described.name).toBe('two');
  expect(described).not.toHaveProperty('token');
});

it('prints with --store where the value is stored instead of a warning', async () => {
  const ran = await create(['my laptop', '--store'], { columns: 80 });
  expect(ran.stderr).toMatch(/^The value is in the OS keychain\. To print it: tokens get 'my laptop'\n/);
});

it('says on a terminal when the token expires, and advises an expiry if it never does', async () => {
  const said = async (...argv: string[]) => (await create(argv)).stderr;
  expect(await said('ci', '--expires', '2027-02-26T12:00:00Z')).toBe('Created ci. It expires on 26 February 2027.\n');
  expect(await said('job', '--expires', '2h')).toBe('Created job. It expires on 23 November 2026 (in 2 hours).\n');
  expect(await said('old', '--expires', 'never')).toBe('Created old. It never expires; consider --expires.\n');
  expect(await said('quiet', '--json')).toBe('');
});

it('rejects --no-print without --store', async () => {
  expect((await create(['ci', '--no-print'])).code).toBe(2);
  expect(await tokens()).toEqual([]);
});

it.each([
  ['no keychain', null],
  ['a locked keychain', lockedKeychain],
])('exits 1 for --store with %s, and creates nothing', async (_, keychain) => {
  const ran = await create(['ci', '--store', '--json'], { keychain });
  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.stderr)).toMatchObject({ code: 'no-keychain', detail: expect.stringContaining('libsecret') });
  expect(await tokens()).toEqual([]);
});

it('revokes the new token if the keychain fails to store its value', async () => {
  const keychain = {
    ...cli.keychain,
    set: async (account: string, secret: string) => {
      if (account.includes('/token/')) throw new Error('full');
      await cli.keychain.set(account, secret);
    },
  };
  const ran = await create(['ci', '--store'], { keychain });
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(await tokens()).toEqual([]);
  expect((await cli.run(['get', 'ci'], dev)).code).toBe(3);
});

it('revokes the new token if its value cannot be written, and exits 1, or 0 for a closed pipe', async () => {
  const full = await create(['ci', '--store'], { stdoutFails: 'ENOSPC' });
  expect(full.code).toBe(1);
  expect(full.stderr).toContain('revoked');
  expect(cli.keychain.entries.size).toBe(0);
  expect(await create(['ci'], { stdoutFails: 'EPIPE' })).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await tokens()).toEqual([]);
});

it('prints how to revoke a token that could be neither printed nor revoked', async () => {
  const real = appFetch(cli.app);
  const fetch: typeof globalThis.fetch = (url, init) =>
    init?.method === 'DELETE' ? Promise.reject(lost('ECONNREFUSED')) : real(url, init);
  const ran = await create(['ci'], { stdoutFails: 'ENOSPC', fetch });
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain('may exist: tokens revoke ci');
});

it('repeats a lost request with the same key, and replaces the token whose value was lost', async () => {
  const { fetch, keys } = loseResponses(1);
  const ran = await create(['ci'], { fetch });
  expect(ran.code).toBe(0);
  expect(new Set(keys).size).toBe(2);
  expect(keys[0]).toBe(keys[1]);
  expect(await verdict(cli.app, ran.stdout.trimEnd())).toBe(200);
  expect(await tokens()).toHaveLength(1);
});

it('creates the token with the second request if the first one never arrived', async () => {
  const real = appFetch(cli.app);
  const keys: (string | null)[] = [];
  const fetch: typeof globalThis.fetch = async (url, init) => {
    if (init?.method === 'POST') keys.push(new Headers(init.headers).get('idempotency-key'));
    if (init?.method === 'POST' && keys.length === 1) throw lost('ECONNRESET');
    return real(url, init);
  };
  expect((await create(['ci'], { fetch })).code).toBe(0);
  expect(keys[0]).toBe(keys[1]);
  expect(await tokens()).toHaveLength(1);
});

it('treats a gateway error as a lost response', async () => {
  const { fetch } = loseResponses(1, () => new Response('<html>Bad gateway</html>', { status: 502 }));
  expect((await create(['ci'], { fetch })).stdout).toMatch(/^tok_/);
  expect(await tokens()).toHaveLength(1);
});

it('repeats a request whose outcome the daemon does not know', async () => {
  const { fetch, keys } = loseResponses(1, () => problem(503, 'outcome-unknown'));
  const ran = await create(['ci'], { fetch });
  expect(await verdict(cli.app, ran.stdout.trimEnd())).toBe(200);
  expect(keys[0]).toBe(keys[1]);
  expect(await tokens()).toHaveLength(1);
});

it('exits 6 and warns that the token may exist if both responses are lost', async () => {
  const ran = await create(['ci', '--json'], { fetch: loseResponses(2).fetch });
  expect(ran.code).toBe(6);
  expect(JSON.parse(ran.stderr)).toMatchObject({
    code: 'unreachable',
    detail: expect.stringContaining('may exist: tokens revoke ci'),
  });
});

it.each<[string, number, () => Promise<Response>]>([
  ['is unreachable', 6, () => Promise.reject(lost('ECONNREFUSED'))],
  ['limits the rate', 7, async () => problem(429, 'throttled')],
  ['rejects the session', 4, async () => problem(401, 'not-authenticated')],
  ['reports that the name is taken', 5, async () => problem(409, 'name-taken')],
  ['returns an HTML page', 1, async () => new Response('<html>')],
])('warns that the token may exist if a response is lost and the server then %s', async (_, code, second) => {
  let posts = 0;
  const real = appFetch(cli.app);
  const fetch: typeof globalThis.fetch = async (url, init) => {
    posts += 1;
    if (posts > 1) return second();
    await real(url, init);
    throw lost('UND_ERR_SOCKET');
  };
  const ran = await create(['ci', '--if-absent'], { fetch });
  expect(ran).toMatchObject({ code, stdout: '' });
  expect(ran.stderr).toContain('may exist: tokens revoke ci');
  expect(posts).toBe(2);
  expect(await tokens()).toHaveLength(1);
});

it('creates a new token if the first was revoked before the repeated request', async () => {
  const real = appFetch(cli.app);
  let posts = 0;
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const response = await real(url, init);
    posts += init?.method === 'POST' ? 1 : 0;
    if (posts !== 1) return response;
    await cli.run(['revoke', 'ci', '--yes'], dev);
    throw lost('UND_ERR_SOCKET');
  };
  const ran = await create(['ci'], { fetch });
  expect(await verdict(cli.app, ran.stdout.trimEnd())).toBe(200);
  expect(await tokens()).toHaveLength(1);
});

it('warns that the token may exist if its value is lost and it cannot be revoked', async () => {
  const { fetch: lossyFetch } = loseResponses(1);
  const fetch: typeof globalThis.fetch = async (url, init) =>
    init?.method === 'DELETE' ? problem(503, 'unavailable') : lossyFetch(url, init);
  const ran = await create(['ci'], { fetch });
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(ran.stderr).toContain('may exist: tokens revoke ci');
});

it.each([
  ['truncated JSON', '{"id":"1","na'],
  ['an empty body', ''],
  ['an unrelated object', '{"ok":true}'],
  ['a malformed token value', JSON.stringify({ id: '1', name: 'ci', prefix: 'p', owner: 'o', token: '\u001b[2J' })],
])('repeats a creation whose response is %s, and warns that the token may exist', async (_, body) => {
  const { fetch, keys } = loseResponses(2, () => new Response(body, { status: 201 }));
  const ran = await create(['ci', '--json'], { fetch });
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  expect(JSON.parse(ran.stderr)).toMatchObject({
    code: 'not-tokensd',
    detail: expect.stringContaining('may exist: tokens revoke ci'),
  });
  expect(keys).toHaveLength(2);
  expect(
    (await create(['two'], { fetch: loseResponses(1, () => new Response(body, { status: 201 })).fetch })).code,
  ).toBe(0);
});

it.each([
  ['my token', "tokens revoke 'my token'"],
  ["it's $(me)", "tokens revoke 'it'\\''s $(me)'"],
  ['-rf', 'tokens revoke -- -rf'],
  ['日本', "tokens revoke '日本'"],
])('quotes the name %s for the shell in its advice', async (name, command) => {
  const { stderr } = await create(['--', name], { fetch: loseResponses(2).fetch });
  expect(stderr).toContain(`may exist: ${command}\n`);
});

it('does not repeat a request that never reached the server', async () => {
  const requests: unknown[] = [];
  const fetch: typeof globalThis.fetch = (url) => {
    requests.push(url);
    return Promise.reject(lost('ECONNREFUSED'));
  };
  const ran = await create(['ci'], { fetch });
  expect(ran.code).toBe(6);
  expect(requests).toHaveLength(1);
  expect(ran.stderr).not.toContain('may exist');
});

it('exits 130 on Ctrl-C and warns that the token may exist', async () => {
  const abort = new AbortController();
  const fetch: typeof globalThis.fetch = async () => {
    abort.abort();
    throw new DOMException('This operation was aborted', 'AbortError');
  };
  const ran = await create(['ci'], { fetch, signal: abort.signal });
  expect(ran.code).toBe(130);
  expect(ran.stderr).toContain('may exist: tokens revoke ci');
});

function problem(status: number, code: string) {
  return Response.json({ type: 'urn:x', title: 'No', status, detail: 'No.', code }, { status });
}

function lost(code: string) {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}

/** A `fetch` that loses the responses to the first creations, or replaces them with `instead()`. */
function loseResponses(times: number, instead?: () => Response) {
  const real = appFetch(cli.app);
  const keys: (string | null)[] = [];
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const response = await real(url, init);
    if (init?.method !== 'POST') return response;
    keys.push(new Headers(init.headers).get('idempotency-key'));
    if (keys.length > times) return response;
    if (instead) return instead();
    throw lost('UND_ERR_SOCKET');
  };
  return { fetch, keys };
}
