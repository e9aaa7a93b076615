import { readdir, readFile, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Token } from '../../shared/schemas/tokens.ts';
import { type Home, makeHome } from '../helpers/cli/home.ts';
import { addDeveloper, type Client, signIn, verify } from '../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../helpers/daemon/daemon.ts';
import { type Finished, runProgram, startProgram } from '../helpers/daemon/process.ts';
import { type Keyring, startKeyring } from '../helpers/peers/keyring.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';

const here = hasRealParts('gnome-keyring-daemon', 'secret-tool', 'dbus-run-session', 'dbus-send', 'module:keytar');
const dev = { email: 'dev@example.com', password: 'analytical engines for dev@example.com' };

let prepared: Awaited<ReturnType<typeof prepareDaemon>>;
let daemon: Daemon;
let client: Client;
let waiting: Promise<Finished & { ms: number }>;
const cleanups: (() => unknown)[] = [];
const lastCleanups: (() => unknown)[] = [];

beforeAll(async () => {
  prepared = await prepareDaemon();
  daemon = await startDaemon(prepared.dataDir);
  client = await addDeveloper(daemon.url, await signIn(daemon.url, superuser), dev.email);
  // It takes its time, so it runs beside all other tests.
  waiting = loginOnSilentBus();
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(async () => {
  for (const cleanup of lastCleanups) await cleanup();
  await daemon.stop();
  await prepared.remove();
});

async function newHome(later = cleanups): Promise<Home> {
  const home = await makeHome();
  later.push(home.remove);
  return home;
}

async function newKeyring(home: Home): Promise<Keyring> {
  const keyring = await startKeyring(home.env);
  cleanups.push(keyring.stop);
  return keyring;
}

function tokens(env: Record<string, string>, args: string[], input = ''): Promise<Finished> {
  return runProgram('tokens', args, { env: { TOKENS_SERVER: daemon.url, ...env }, input });
}

function login(env: Record<string, string>, ...more: string[]): Promise<Finished> {
  return tokens(env, ['login', '--email', dev.email, '--password-stdin', ...more], dev.password);
}

/** The account under which something is kept for the developer. */
function account(what: string): string {
  return `${new URL(daemon.url).host}/${what}`;
}

async function namesOfTokens(): Promise<string[]> {
  const { items } = (await (await client.request('GET', '/tokens')).json()) as { items: Token[] };
  return items.map(({ name }) => name);
}

/** Every file below a directory, as one text, but for the keyring's own. */
async function textOnDisk(home: Home): Promise<string> {
  const entries = await readdir(home.path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes('keyrings'));
  const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')));
  return texts.join('\n');
}

/** A session bus that takes connections and never says a word. */
async function silentBus(later = cleanups) {
  const home = await newHome(later);
  const path = join(home.path, 'bus');
  const bus: Server = createServer((socket) => void socket.on('error', () => {}).resume());
  const asked = new Promise((resolve) => bus.once('connection', resolve));
  await new Promise<void>((resolve) => bus.listen(path, resolve));
  later.push(() => bus.close());
  return { env: { ...home.env, DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` }, asked };
}

async function loginOnSilentBus() {
  const { env } = await silentBus(lastCleanups);
  const begun = performance.now();
  const ran = await login(env);
  return { ...ran, ms: performance.now() - begun };
}

describe.skipIf(!here)('a real keychain', () => {
  it('stores the session, and the disk does not', async () => {
    const home = await newHome();
    const keyring = await newKeyring(home);
    expect(await login(keyring.env)).toMatchObject({ code: 0, stdout: '' });
    const session = await keyring.lookUp('tokens', account('session'));
    expect(session).toMatch(/^session_/);
    expect(await textOnDisk(home)).toContain(daemon.url);
    expect(await textOnDisk(home)).not.toContain(session);
    const who = await tokens(keyring.env, ['whoami', '--json']);
    expect(JSON.parse(who.stdout)).toMatchObject({ email: dev.email });

    expect(await tokens(keyring.env, ['logout'])).toMatchObject({ code: 0 });
    expect(await keyring.lookUp('tokens', account('session'))).toBe('');
    expect((await tokens(keyring.env, ['whoami', '--json'])).code).toBe(4);
    const used = await fetch(`${daemon.url}/api/v1/me`, { headers: { Authorization: `Bearer ${session}` } });
    expect(used.status).toBe(401);
    expect(await tokens(keyring.env, ['logout'])).toMatchObject({ code: 0 });
  });

  it('stores a value for get and for other programs until the token is revoked', async () => {
    const home = await newHome();
    const keyring = await newKeyring(home);
    const env = { ...keyring.env, TOKENS_SESSION: client.session };
    const created = await tokens(env, ['create', 'Laptop', '--store']);
    expect(created.code).toBe(0);
    expect((await tokens(env, ['get', 'laptop'])).stdout).toBe(created.stdout);
    const value = created.stdout.trimEnd();
    expect(await keyring.lookUp('tokens', account(`token/${dev.email}/Laptop`))).toBe(value);
    expect(await textOnDisk(home)).not.toContain(value);
    expect((await verify(daemon.url, value)).status).toBe(200);

    expect((await tokens(env, ['revoke', 'laptop', '--yes'])).code).toBe(0);
    expect(await keyring.lookUp('tokens', account(`token/${dev.email}/Laptop`))).toBe('');
    expect(await tokens(env, ['get', 'laptop'])).toMatchObject({ code: 3, stdout: '' });
  });

  it('returns values without the server, and prints nothing with --no-print', async () => {
    const keyring = await newKeyring(await newHome());
    const env = { ...keyring.env, TOKENS_SESSION: client.session };
    expect(await tokens(env, ['create', 'quiet', '--store', '--no-print'])).toMatchObject({ code: 0, stdout: '' });
    const offline = { ...env, HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1' };
    const { code, stdout } = await tokens(offline, ['get', 'quiet']);
    expect(code).toBe(0);
    expect((await verify(daemon.url, stdout.trimEnd())).status).toBe(200);
  });
});

describe.skipIf(!here)('a keychain that is locked', () => {
  it('makes every command fail with advice', async () => {
    const keyring = await newKeyring(await newHome());
    await login(keyring.env);
    expect((await tokens(keyring.env, ['create', 'before', '--store'])).code).toBe(0);
    await keyring.lock();

    const who = await tokens(keyring.env, ['whoami']);
    expect(who).toMatchObject({ code: 4, stdout: '' });
    expect(who.stderr).toContain('locked');
    const got = await tokens(keyring.env, ['get', 'before']);
    expect(got).toMatchObject({ code: 3, stdout: '' });
    expect(got.stderr).toContain('locked');
    const out = await tokens(keyring.env, ['logout']);
    expect(out.code).toBe(1);
    expect(out.stderr).toContain('locked');

    const env = { ...keyring.env, TOKENS_SESSION: client.session };
    const created = await tokens(env, ['create', 'locked out', '--store']);
    expect(created).toMatchObject({ code: 1, stdout: '' });
    expect(created.stderr).toContain('unlocked');
    expect(await namesOfTokens()).not.toContain('locked out');
    expect(await login(keyring.env)).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('no keychain', () => {
  it('makes login suggest the file store, and neither sign in nor store anything', async () => {
    const home = await newHome();
    const refused = await login(home.env);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('--credential-store file');
    expect(await textOnDisk(home)).toBe('');
  });

  it('makes create --store exit 1 before a token is created', async () => {
    const env = { ...(await newHome()).env, TOKENS_SESSION: client.session };
    const refused = await tokens(env, ['create', 'in vain', '--store']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /^error: There is no usable OS keychain here\. No token was created\. .*libsecret.*\n$/,
    );
    expect(await namesOfTokens()).not.toContain('in vain');
  });

  it.each([
    ['TOKENS_CREDENTIAL_STORE=file', { TOKENS_CREDENTIAL_STORE: 'file' }, []],
    ['--credential-store file', {}, ['--credential-store', 'file']],
  ])('stores the session with %s in a file that only its owner can read', async (_what, more, args) => {
    const home = await newHome();
    expect(await login({ ...home.env, ...more }, ...args)).toMatchObject({ code: 0, stdout: '' });
    const directory = join(home.path, '.config', 'tokens');
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(directory)) expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
    expect((await tokens(home.env, ['whoami', '--json'])).code).toBe(0);
    expect((await tokens(home.env, ['logout'])).code).toBe(0);
    expect(await textOnDisk(home)).not.toContain('session_');
  });
});

describe.skipIf(!here)('a session bus that never responds', () => {
  it('does not prevent Ctrl-C', async () => {
    const { env, asked } = await silentBus();
    const args = ['create', 'never', '--store'];
    const child = startProgram('tokens', args, { ...env, TOKENS_SERVER: daemon.url, TOKENS_SESSION: client.session });
    const code = new Promise((resolve) => child.once('close', resolve));
    await asked;
    child.kill('SIGINT');
    expect(await code).toBe(130);
    expect(await namesOfTokens()).not.toContain('never');
  });

  it('times out, and the program exits', async () => {
    const { ms, ...ran } = await waiting;
    expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('--credential-store file') });
    expect(ms).toBeLessThan(20_000);
  });
});
