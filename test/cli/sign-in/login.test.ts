import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cancel, lockedKeychain, onTerminal, openTestCliWithApp, password, serverUrl } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
});
afterEach(() => cli.close());

const account = 'tokens.example.com/session';
const login = ['login', '--email', 'dev@example.com', '--password-stdin'];
const files = (name: string) => join(cli.configDir, name);

it('stores the session in the keychain, remembers the server, and prints nothing on stdout', async () => {
  const ran = await cli.run([...login, serverUrl], { stdin: `${password}\n`, env: { TOKENS_SERVER: '' } });
  expect(ran).toEqual({ code: 0, stdout: '', stderr: `Signed in to ${serverUrl} as dev@example.com.\n` });
  expect(cli.keychain.entries.get(account)).toMatch(/^session_/);
  const config = await readFile(files('config.json'), 'utf8');
  expect(config).not.toContain('session_');
  expect((await cli.run(['whoami'], { env: { TOKENS_SERVER: '' } })).stdout).toContain('dev@example.com');
});

it('asks for email and password on a terminal, the password as a secret', async () => {
  const ran = await cli.run(['login'], { answers: ['dev@example.com', password] });
  expect(ran.code).toBe(0);
  expect(cli.questions).toEqual(['Email (press Enter to sign in with your browser)', 'Password']);
});

it('requires --email and --password-stdin without a terminal', async () => {
  expect((await cli.run(['login'])).code).toBe(2);
  expect((await cli.run(['login', '--email', 'dev@example.com'])).code).toBe(2);
  expect((await cli.run(['login', '--password-stdin'], { stdin: password })).code).toBe(2);
});

it('does not read a password from a terminal that would show it', async () => {
  expect((await cli.run(login, { stdin: password, answers: [] })).code).toBe(2);
});

it('exits 2 without a server', async () => {
  const ran = await cli.run(login, { stdin: password, env: { TOKENS_SERVER: '' } });
  expect(ran.code).toBe(2);
});

it('exits 4 for a wrong password and stores nothing', async () => {
  const ran = await cli.run([...login, '--json'], { stdin: 'not the password' });
  expect(ran.code).toBe(4);
  expect(JSON.parse(ran.stderr)).toMatchObject({ code: 'wrong-credentials', status: 401 });
  expect(cli.keychain.entries.size).toBe(0);
});

it('exits 130 on Ctrl-C at the password prompt', async () => {
  const ran = await cli.run(['login'], { answers: ['dev@example.com', cancel] });
  expect(ran.code).toBe(130);
});

it.each([
  ['no keychain', null],
  ['a locked keychain', lockedKeychain],
])('stores the session in a file and says so with %s', async (_, keychain) => {
  const ran = await cli.run(login, { stdin: password, keychain });
  expect(ran.code).toBe(0);
  expect(ran.stderr).toContain(`so the session is stored in ${files('credentials.json')} (mode 600)`);
  expect((await stat(files('credentials.json'))).mode & 0o777).toBe(0o600);
  expect((await cli.run(['whoami'], { keychain })).code).toBe(0);
});

it.each([
  ['no keychain', null],
  ['a locked keychain', lockedKeychain],
])('insists on a keychain if one is named, and does not sign in with %s', async (_, keychain) => {
  const named = await cli.run([...login, '--credential-store', 'keychain', '--json'], { stdin: password, keychain });
  const env = { TOKENS_SERVER: serverUrl, TOKENS_CREDENTIAL_STORE: 'keychain' };
  for (const ran of [named, await cli.run([...login, '--json'], { stdin: password, keychain, env })]) {
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.stderr)).toMatchObject({ code: 'no-keychain', status: 0, type: 'about:blank' });
    expect(ran.stderr).toContain('--credential-store file');
  }
  await expect(stat(files('credentials.json'))).rejects.toThrow();
});

it('asks no question about the store on a terminal without a keychain', async () => {
  const ran = await cli.run(['login'], { keychain: null, answers: ['dev@example.com', password] });
  expect(ran.code).toBe(0);
  expect(cli.questions).toEqual(['Email (press Enter to sign in with your browser)', 'Password']);
});

it('creates the file store with modes 700 and 600', async () => {
  const ran = await cli.run([...login, '--credential-store', 'file'], { stdin: password });
  expect(ran.code).toBe(0);
  expect((await stat(cli.configDir)).mode & 0o777).toBe(0o700);
  expect((await stat(files('credentials.json'))).mode & 0o777).toBe(0o600);
  expect((await stat(files('config.json'))).mode & 0o777).toBe(0o600);
  expect(cli.keychain.entries.size).toBe(0);
});

it('chooses the store by TOKENS_CREDENTIAL_STORE, and rejects unknown stores', async () => {
  const env = { TOKENS_SERVER: serverUrl, TOKENS_CREDENTIAL_STORE: 'file' };
  expect((await cli.run(login, { stdin: password, env })).code).toBe(0);
  expect(await readFile(files('credentials.json'), 'utf8')).toContain(account);
  const named = await cli.run([...login, '--credential-store', 'cloud'], { stdin: password });
  expect(named).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--credential-store must be keychain or file.'),
  });
  const cloud = { TOKENS_CREDENTIAL_STORE: 'cloud' };
  const set = await cli.run(login, { stdin: password, env: cloud });
  expect(set.stderr).toContain('TOKENS_CREDENTIAL_STORE must be keychain or file.');
});

it('restricts permissive modes with a warning', async () => {
  await cli.run([...login, '--credential-store', 'file'], { stdin: password });
  await chmod(cli.configDir, 0o755);
  await chmod(files('credentials.json'), 0o644);
  const ran = await cli.run(['whoami']);
  expect(ran.code).toBe(0);
  expect(ran.stderr).toContain('warning:');
  expect((await stat(files('credentials.json'))).mode & 0o777).toBe(0o600);
  expect((await stat(cli.configDir)).mode & 0o777).toBe(0o700);
});

it.each(['config.json', 'credentials.json'])('reports a damaged %s until login replaces it', async (name) => {
  const store = ['--credential-store', 'file'];
  await cli.run([...login, ...store], { stdin: password });
  await writeFile(files(name), '{"truncated": ');
  const broken = await cli.run(['whoami', '--json']);
  expect(broken.code).toBe(1);
  expect(JSON.parse(broken.stderr).code).toBe('damaged-file');
  expect((await cli.run([...login, ...store], { stdin: password })).code).toBe(0);
  expect((await cli.run(['whoami'])).code).toBe(0);
});

it('replaces a symbolic link in place of a file without changing its target', async () => {
  const target = join(cli.configDir, '..', 'elsewhere.json');
  await mkdir(cli.configDir, { mode: 0o700 });
  await writeFile(target, '{}');
  await symlink(target, files('credentials.json'));
  const ran = await cli.run([...login, '--credential-store', 'file'], { stdin: password });
  expect(ran.code).toBe(0);
  expect(await readFile(target, 'utf8')).toBe('{}');
});

it('sends a session only to the server that issued it', async () => {
  await cli.run(login, { stdin: password });
  for (const other of ['https://other.example.com', 'http://localhost:1', `${serverUrl}:8443`, `${serverUrl}/prefix`]) {
    const ran = await cli.run(['whoami', '--json', '--server', other]);
    expect(ran.code).toBe(4);
    expect(JSON.parse(ran.stderr).code).toBe('not-signed-in');
  }
});

it('does not send a session for http to https on the same host and port', async () => {
  const plain = 'http://localhost:8420';
  await cli.run([...login, plain], { stdin: password });
  expect((await cli.run(['whoami', '--server', plain])).code).toBe(0);
  expect((await cli.run(['whoami', '--server', 'https://localhost:8420'])).code).toBe(4);
});

it('prefers TOKENS_SESSION over the stored session and never writes it', async () => {
  await cli.run([...login, '--credential-store', 'file'], { stdin: password });
  const ran = await cli.run(['whoami', '--json'], cli.as(cli.app.root));
  expect(JSON.parse(ran.stdout).email).toBe('root@example.com');
  expect(await readFile(files('credentials.json'), 'utf8')).not.toContain(cli.app.root.session);
});

it('requires --insecure-http for the first plain-HTTP login to another machine', async () => {
  const plain = 'http://tokens.internal:8420';
  const rejected = await cli.run([...login, plain, '--json'], { stdin: password });
  expect(rejected.code).toBe(2);
  expect(JSON.parse(rejected.stderr).code).toBe('insecure-server');
  expect((await cli.run([...login, plain, '--insecure-http'], { stdin: password })).code).toBe(0);
  expect((await cli.run(['whoami'], { env: { TOKENS_SERVER: '' } })).code).toBe(0);
  for (const address of [plain, 'HTTP://Tokens.internal:8420/']) {
    expect((await cli.run([...login, address], { stdin: password })).code).toBe(0);
    expect((await cli.run(['whoami'], { env: { TOKENS_SERVER: '' } })).code).toBe(0);
  }
});

it.each(['https://ada:secret@tokens.example.com', 'ada:secret@tokens.example.com', 'ftp://tokens.example.com', '//x'])(
  'rejects the address %s before any connection',
  async (url) => {
    const fetch = () => Promise.reject(new Error('connected'));
    const ran = await cli.run([...login, url], { stdin: password, fetch });
    expect(ran.code).toBe(2);
    expect(ran.stderr).not.toContain('secret@');
  },
);

it.each([
  ['an HTML page', new Response('<html>Welcome</html>', { status: 200 })],
  ['unrelated JSON', Response.json({ ok: true })],
  ['the error page of a gateway', new Response('<html>Busy</html>', { status: 503 })],
  [
    'a problem document of another API',
    Response.json({ code: 'x', title: 'x', detail: 'x', status: 429 }, { status: 429 }),
  ],
  ['a 401 from another API', Response.json({ error: 'unauthorized' }, { status: 401 })],
])('sends no password to a server that responds with %s', async (_, response) => {
  const bodies: unknown[] = [];
  const fetch: typeof globalThis.fetch = async (_url, init) => {
    bodies.push(init?.body);
    return response.clone();
  };
  const ran = await cli.run([...login, '--json'], { stdin: password, fetch });
  expect(ran.code).toBeGreaterThan(0);
  expect(ran.stderr).toMatch(/"code":"(not-tokensd|unavailable|x)"/);
  expect(bodies.join()).not.toContain(password);
});

it('ends the session on the server if it cannot be stored', async () => {
  const seen: string[] = [];
  const keychain = {
    ...lockedKeychain,
    entries: new Map<string, string>(),
    get: async (name: string) => keychain.entries.get(name) ?? null,
    set: async (name: string, secret: string) => {
      if (name === account) {
        seen.push(secret);
        throw new Error('the keychain is locked');
      }
      keychain.entries.set(name, secret);
    },
  };
  expect((await cli.run(login, { stdin: password, keychain })).code).toBe(1);
  const [secret = ''] = seen;
  const response = await cli.app.ask('/api/v1/me', { headers: { Authorization: `Bearer ${secret}` } });
  expect(response.status).toBe(401);
});

it.each(['tokens.example.com', `${serverUrl}/login`, `${serverUrl}/login?next=%2Fdevice`, `${serverUrl}/profile/`])(
  'completes the address %s',
  async (address) => {
    const ran = await cli.run([...login, address], { stdin: password, env: { TOKENS_SERVER: '' } });
    expect(ran).toMatchObject({ code: 0, stderr: `Signed in to ${serverUrl} as dev@example.com.\n` });
    expect((await cli.run(['whoami', '--server', address], { env: { TOKENS_SERVER: '' } })).code).toBe(0);
  },
);

it('ends the session locally and on the server with logout, and exits 0 if repeated', async () => {
  await cli.run(login, { stdin: password });
  const secret = cli.keychain.entries.get(account);
  expect((await cli.run(['logout'])).code).toBe(0);
  expect(cli.keychain.entries.has(account)).toBe(false);
  const response = await cli.app.ask('/api/v1/me', { headers: { Authorization: `Bearer ${secret}` } });
  expect(response.status).toBe(401);
  expect((await cli.run(['logout'])).code).toBe(0);
  expect((await cli.run(['logout'], { env: { TOKENS_SERVER: '' } })).code).toBe(0);
});

it('removes the local session if the server is unreachable, and warns that it stays valid there', async () => {
  await cli.run(login, { stdin: password });
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  const ran = await cli.run(['logout'], {
    fetch: () => Promise.reject(new TypeError('fetch failed', { cause: refused })),
  });
  expect(ran.code).toBe(6);
  expect(ran.stderr).toContain('cannot be reached');
  expect(ran.stderr).toContain('removed from this machine. On the server it ends after a time without use');
  expect(cli.keychain.entries.has(account)).toBe(false);
});

it('exits 0 for logout if the session has already ended', async () => {
  await cli.run(login, { stdin: password });
  cli.app.clock.advance(30 * 24 * 3600_000);
  expect((await cli.run(['logout'])).code).toBe(0);
});

it('prints the user object and the session with whoami --json, and exits 4 for an ended session', async () => {
  await cli.run(login, { stdin: password });
  const { stdout } = await cli.run(['whoami', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    email: 'dev@example.com',
    can_manage_tokens: true,
    session: { expires_at: expect.any(String), idle_expires_at: expect.any(String) },
  });
  cli.app.clock.advance(30 * 24 * 3600_000);
  const ended = await cli.run(['whoami', '--json']);
  expect(ended.code).toBe(4);
  expect(JSON.parse(ended.stderr)).toMatchObject({ code: 'not-authenticated', status: 401 });
});

it('stores the session of every concurrent login', async () => {
  const servers = ['a', 'b', 'c', 'd', 'e'].map((name) => `https://${name}.example.com`);
  const store = ['--credential-store', 'file'];
  await Promise.all(servers.map((server) => cli.run([...login, ...store, server], { stdin: password })));
  for (const server of servers) expect((await cli.run(['whoami', '--server', server])).code).toBe(0);
});

it('removes the session from the previous store if a login uses another one', async () => {
  await cli.run([...login, '--credential-store', 'file'], { stdin: password });
  expect((await cli.run([...login, '--credential-store', 'keychain'], { stdin: password })).code).toBe(0);
  expect(await readFile(files('credentials.json'), 'utf8')).not.toContain('session_');
  expect((await cli.run(['whoami'])).code).toBe(0);
  expect((await cli.run([...login, '--credential-store', 'file'], { stdin: password })).code).toBe(0);
  expect(cli.keychain.entries.size).toBe(0);
});

describe('with a server where nobody may use a password', () => {
  beforeEach(async () => {
    await cli.close();
    cli = await openTestCliWithApp({ passwordSignIn: 'false' }, onTerminal);
  });

  it('asks for neither an email address nor a password, and goes on in the browser', async () => {
    let waits = 0;
    const sleep = async () => {
      waits += 1;
    };
    const ran = await cli.run(['login'], { answers: [], sleep });
    expect(cli.questions).toEqual([]);
    expect(ran.stderr).toContain('This server uses single sign-on.');
    expect(ran.stderr).toContain('/device');
    expect(waits).toBeGreaterThan(0);
  });

  it('says with --email that the server uses single sign-on, and exits 4', async () => {
    const ran = await cli.run(login, { stdin: `${password}\n` });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain(`run \`tokens login ${serverUrl}\` without --email`);
    expect(ran.stderr).toContain('Your organization does not use passwords here.');
    expect(cli.keychain.entries.size).toBe(0);
  });

  it('signs in with a password that the operator set', async () => {
    const { passwordHash } = (await cli.app.store.users.findById(cli.app.dev.id)) ?? {};
    await cli.app.store.users.setPasswordUntilSso(cli.app.dev.id, passwordHash ?? '');
    expect((await cli.run(login, { stdin: `${password}\n` })).code).toBe(0);
  });
});
