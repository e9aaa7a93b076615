import { readdir, readFile, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Token } from '../../shared/schemas/tokens/tokens.ts';
import { type Home, makeHome } from '../helpers/cli/home.ts';
import { withoutKeytar, withoutSecretTool } from '../helpers/cli/keychain-access.ts';
import { addDeveloper, type Client, signIn, verify } from '../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../helpers/daemon/daemon.ts';
import { type Finished, runProgram, startProgram } from '../helpers/daemon/process.ts';
import { type Keyring, startKeyring } from '../helpers/peers/keyring.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';

const hasKeyring = hasRealParts(
  'gnome-keyring-daemon',
  'secret-tool',
  'dbus-run-session',
  'dbus-send',
  'module:keytar',
);
/** The environment in which the program reaches the keychain through keytar, or through the platform's own tool. */
const implementations = [
  { name: 'keytar', variables: withoutSecretTool },
  { name: 'secret-tool', variables: withoutKeytar },
];
const dev = { email: 'dev@example.com', password: 'analytical engines for dev@example.com' };

let prepared: Awaited<ReturnType<typeof prepareDaemon>>;
let daemon: Daemon;
let client: Client;
let loginsWithTimeout: Map<string, Promise<Finished & { ms: number }>>;
const cleanups: (() => unknown)[] = [];
const lastCleanups: (() => unknown)[] = [];

beforeAll(async () => {
  prepared = await prepareDaemon();
  daemon = await startDaemon(prepared.dataDir);
  client = await addDeveloper(daemon.url, await signIn(daemon.url, superuser), dev.email);
  // Started here because it takes several seconds and can run during the other tests.
  loginsWithTimeout = new Map(implementations.map(({ name, variables }) => [name, loginOnSilentBus(variables)]));
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

afterAll(async () => {
  for (const cleanup of lastCleanups) await cleanup();
  await daemon.stop();
  await prepared.remove();
});

async function newHome(cleanupList = cleanups): Promise<Home> {
  const home = await makeHome();
  cleanupList.push(home.remove);
  return home;
}

async function newKeyring(home: Home, variables: Record<string, string>): Promise<Keyring> {
  const keyring = await startKeyring(home.env);
  cleanups.push(keyring.stop);
  return { ...keyring, env: { ...keyring.env, ...variables } };
}

function tokens(env: Record<string, string>, args: string[], input = ''): Promise<Finished> {
  return runProgram('tokens', args, { env: { TOKENS_SERVER: daemon.url, ...env }, input });
}

function login(env: Record<string, string>, ...more: string[]): Promise<Finished> {
  return tokens(env, ['login', '--email', dev.email, '--password-stdin', ...more], dev.password);
}

/** Returns the keychain account of an entry. */
function account(entry: string): string {
  return `${new URL(daemon.url).host}/${entry}`;
}

async function namesOfTokens(): Promise<string[]> {
  const { items } = (await (await client.request('GET', '/tokens')).json()) as { items: Token[] };
  return items.map(({ name }) => name);
}

/** Returns the concatenated text of every file in the home directory, except the keyring's own files. */
async function textOnDisk(home: Home): Promise<string> {
  const entries = await readdir(home.path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes('keyrings'));
  const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')));
  return texts.join('\n');
}

/** Starts a session bus that accepts connections and never responds. `connected` resolves at the first connection. */
async function silentBus(variables: Record<string, string>, cleanupList = cleanups) {
  const home = await newHome(cleanupList);
  const path = join(home.path, 'bus');
  const bus: Server = createServer((socket) => void socket.on('error', () => {}).resume());
  const connected = new Promise((resolve) => bus.once('connection', resolve));
  await new Promise<void>((resolve) => bus.listen(path, resolve));
  cleanupList.push(() => bus.close());
  return { env: { ...home.env, ...variables, DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` }, connected };
}

async function loginOnSilentBus(variables: Record<string, string>) {
  const { env } = await silentBus(variables, lastCleanups);
  const startedAt = performance.now();
  const result = await login(env, '--credential-store', 'keychain');
  return { ...result, ms: performance.now() - startedAt };
}

describe.skipIf(!hasKeyring).each(implementations)('a real keychain through $name', ({ name, variables }) => {
  it('stores the session, which never appears on disk', async () => {
    const home = await newHome();
    const keyring = await newKeyring(home, variables);
    expect(await login(keyring.env)).toMatchObject({ code: 0, stdout: '' });
    const session = await keyring.lookUp('tokens', account('session'));
    expect(session).toMatch(/^session_/);
    expect(await textOnDisk(home)).toContain(daemon.url);
    expect(await textOnDisk(home)).not.toContain(session);
    const whoami = await tokens(keyring.env, ['whoami', '--json']);
    expect(JSON.parse(whoami.stdout)).toMatchObject({ email: dev.email });

    expect(await tokens(keyring.env, ['logout'])).toMatchObject({ code: 0 });
    expect(await keyring.lookUp('tokens', account('session'))).toBe('');
    expect((await tokens(keyring.env, ['whoami', '--json'])).code).toBe(4);
    const response = await fetch(`${daemon.url}/api/v1/me`, { headers: { Authorization: `Bearer ${session}` } });
    expect(response.status).toBe(401);
    expect(await tokens(keyring.env, ['logout'])).toMatchObject({ code: 0 });
  });

  it('stores a value for get and for other programs until the token is revoked', async () => {
    const home = await newHome();
    const keyring = await newKeyring(home, variables);
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
    const keyring = await newKeyring(await newHome(), variables);
    const env = { ...keyring.env, TOKENS_SESSION: client.session };
    expect(await tokens(env, ['create', `quiet ${name}`, '--store', '--no-print'])).toMatchObject({
      code: 0,
      stdout: '',
    });
    const offline = { ...env, HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1' };
    const { code, stdout } = await tokens(offline, ['get', `quiet ${name}`]);
    expect(code).toBe(0);
    expect((await verify(daemon.url, stdout.trimEnd())).status).toBe(200);
  });
});

describe.skipIf(!hasKeyring).each(implementations)('a locked keychain through $name', ({ name, variables }) => {
  it('makes each command that needs it fail with advice', async () => {
    const keyring = await newKeyring(await newHome(), variables);
    await login(keyring.env);
    expect((await tokens(keyring.env, ['create', `before ${name}`, '--store'])).code).toBe(0);
    await keyring.lock();

    const whoami = await tokens(keyring.env, ['whoami']);
    expect(whoami).toMatchObject({ code: 4, stdout: '' });
    expect(whoami.stderr).toContain('locked');
    const get = await tokens(keyring.env, ['get', `before ${name}`]);
    expect(get).toMatchObject({ code: 3, stdout: '' });
    expect(get.stderr).toContain('locked');
    const logout = await tokens(keyring.env, ['logout']);
    expect(logout.code).toBe(1);
    expect(logout.stderr).toContain('locked');

    const env = { ...keyring.env, TOKENS_SESSION: client.session };
    const created = await tokens(env, ['create', 'locked out', '--store']);
    expect(created).toMatchObject({ code: 1, stdout: '' });
    expect(created.stderr).toContain('unlocked');
    expect(await namesOfTokens()).not.toContain('locked out');
    expect(await login(keyring.env, '--credential-store', 'keychain')).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('a machine without a keychain', () => {
  it('makes login store the session in a file and say so', async () => {
    const home = await newHome();
    const result = await login(home.env);
    expect(result).toMatchObject({ code: 0, stdout: '' });
    expect(result.stderr).toContain('There is no usable OS keychain here, so the session is stored in ');
    expect((await tokens(home.env, ['whoami', '--json'])).code).toBe(0);
  });

  it('makes login fail and store nothing if a keychain is required', async () => {
    const home = await newHome();
    const result = await login(home.env, '--credential-store', 'keychain');
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('--credential-store file');
    expect(await textOnDisk(home)).toBe('');
  });

  it('makes create --store exit 1 without creating a token', async () => {
    const env = { ...(await newHome()).env, TOKENS_SESSION: client.session };
    const result = await tokens(env, ['create', 'not created', '--store']);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(
      /^error: There is no usable OS keychain here\. No token was created\. .*libsecret.*\n$/,
    );
    expect(await namesOfTokens()).not.toContain('not created');
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

describe.skipIf(!hasKeyring).each(implementations)('a session bus that never responds to $name', (implementation) => {
  it('does not block Ctrl-C', async () => {
    const { env, connected } = await silentBus(implementation.variables);
    const args = ['create', 'never', '--store'];
    const child = startProgram('tokens', args, { ...env, TOKENS_SERVER: daemon.url, TOKENS_SESSION: client.session });
    const code = new Promise((resolve) => child.once('close', resolve));
    await connected;
    child.kill('SIGINT');
    expect(await code).toBe(130);
    expect(await namesOfTokens()).not.toContain('never');
  });

  it('makes login time out and exit 1', async () => {
    const { ms = 0, ...result } = (await loginsWithTimeout.get(implementation.name)) ?? {};
    expect(result).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('--credential-store file') });
    expect(ms).toBeLessThan(20_000);
  });
});
