import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite3 from 'sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSessionCookie } from '../../../server/http/session-cookie.ts';
import { connect, disconnect, execute } from '../../../server/store/engine/sqlite/connection.ts';
import type { CreatedClient } from '../../../shared/schemas/accounts/clients.ts';
import type { PreparedTotp } from '../../../shared/schemas/sign-in/totp.ts';
import type { TestApp } from '../../helpers/app/app.ts';
import { type DeviceCodes, deviceGrant } from '../../helpers/app/oauth.ts';
import { openConsole, sessionCookieName } from '../../helpers/console/pages.ts';
import { type Client, signIn, verify } from '../../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { eventually, runProgram } from '../../helpers/daemon/process.ts';
import { startFalseProvider } from '../../helpers/peers/false-provider.ts';
import { type MailServer, startMailServer } from '../../helpers/peers/mail-server.ts';
import { codeAt } from '../../helpers/sign-in/totp.ts';
import { Canaries, watchCommandLines } from './canaries.ts';
import { sendMisplaced } from './send-misplaced.ts';
import { cellsOf } from './sqlite-rows.ts';

const canaries = new Canaries();
/** Kinds of secrets with a known prefix. The daemon redacts these anywhere. It cannot recognize a password in a URL. */
const prefixedKinds = ['token', 'session', 'device code', 'client secret', 'authorization code', 'reset link'];
/** The only columns in which these secrets may be stored (SECURITY.md). */
const allowedColumns: Record<string, string> = {
  'TOTP secret': 'users.totp_secret',
  'user code': 'device_codes.user_code',
};

const cleanups: Array<() => Promise<unknown>> = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

let daemon: Daemon;
let mailServer: MailServer;
let root: Client;
let dev: Client;
let backup: string;
/** Everything that was shown to someone other than the sender of a secret. */
const shown: string[] = [];
/** Everything that the programs printed, except the output of commands whose purpose is to print a secret. */
const printed: string[] = [];
let commandLines: Set<string>;
let configDir: string;

const ask = (path: string, init: RequestInit = {}) => fetch(`${daemon.url}${path}`, { redirect: 'manual', ...init });
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', ...headers },
  });
const form = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  ask(path, { method: 'POST', body: new URLSearchParams(fields), headers });
const bearer = (value: string) => ({ Authorization: `Bearer ${value}` });
const inConsole = (session?: string) => {
  const app = {
    ask: (path: string, init: RequestInit) => ask(path, init),
    config: { publicUrl: daemon.url },
    deps: { sessionCookie: createSessionCookie(daemon.url) },
  } as unknown as TestApp;
  const browser = openConsole(app);
  if (session !== undefined) browser.cookies.set(sessionCookieName(app), session);
  return browser;
};

async function tokens(args: string[], input = '', session?: string) {
  const env = { TOKENS_CONFIG_DIR: configDir, TOKENS_CREDENTIAL_STORE: 'file', TOKENS_SERVER: daemon.url };
  const result = await runProgram('tokens', args, {
    input,
    env: { ...env, ...(session && { TOKENS_SESSION: session }) },
  });
  const printsSecret = ['create', 'rotate'].some((verb) => args.slice(0, 2).includes(verb)) && result.code === 0;
  printed.push(result.stderr, printsSecret ? '' : result.stdout);
  return result;
}

async function tokensd(args: string[], env: Record<string, string> = {}, input = '') {
  const result = await runProgram('tokensd', args, { input, env: { TOKENSD_DATA_DIR: daemon.dataDir, ...env } });
  printed.push(result.stdout, result.stderr);
  return result;
}

/** Creates and uses one secret of each kind. */
async function useEveryKind(): Promise<void> {
  root = await signIn(daemon.url, superuser);
  const password = canaries.add('password', 'canary password of dev 9f3');
  await post('/api/v1/users', { email: 'dev@example.com', password, can_manage_tokens: true }, bearer(root.session));
  dev = await signIn(daemon.url, { email: 'dev@example.com', password });
  canaries.add('superuser password', superuser.password);
  canaries.add('session', dev.session);
  canaries.add('superuser session', root.session);
  canaries.add('token', (await dev.createToken('ci')).token);
  const revoked = await dev.createToken('revoked');
  canaries.add('revoked token', revoked.token);
  await dev.request('DELETE', `/tokens/${revoked.id}`);

  const client = (await (await root.request('POST', '/clients', { name: 'Gateway' })).json()) as CreatedClient;
  canaries.add('old client secret', client.client_secret);
  const rotated = await root.request('POST', `/clients/${client.id}/secret`);
  canaries.add('client secret', ((await rotated.json()) as CreatedClient).client_secret);

  const device = (await (await form('/oauth/device_authorization', { client_id: 'tokens' })).json()) as DeviceCodes;
  canaries.add('device code', device.device_code);
  canaries.add('user code', device.user_code.replace('-', ''));
  const browser = inConsole(dev.session);
  await browser.get('/device');
  await browser.get((await browser.submit('/device', { user_code: device.user_code })).location ?? '');
  await browser.submit('/device/approve', { decision: 'approve' });

  const request = { client_id: 'tokens', response_type: 'code', redirect_uri: 'http://127.0.0.1:40000/callback' };
  const challenge = { code_challenge: 'A'.repeat(43), code_challenge_method: 'S256' };
  await browser.get(`/oauth/authorize?${new URLSearchParams({ ...request, ...challenge })}`);
  const { location } = await browser.submit('/oauth/authorize', { decision: 'approve' });
  canaries.add('authorization code', new URL(location ?? '').searchParams.get('code') ?? '');

  const guarded = { email: 'guarded@example.com', password: canaries.add('guarded password', 'canary of guarded 7c1') };
  await post('/api/v1/users', guarded, bearer(root.session));
  const member = await signIn(daemon.url, guarded);
  const prepared = await member.request('POST', '/me/totp', { password: guarded.password });
  const totp = canaries.add('TOTP secret', ((await prepared.json()) as PreparedTotp).secret);
  const enabled = await member.request('POST', '/me/totp/confirm', { code: codeAt(totp, Date.now()) });
  const { recovery_codes: recoveryCodes } = (await enabled.json()) as { recovery_codes: string[] };
  canaries.add('recovery code', recoveryCodes[0]);

  const resetting = inConsole();
  await resetting.get('/password/forgot');
  await resetting.submit('/password/forgot', { email: guarded.email });
  const mail = await eventually(
    () => mailServer.received.find(({ parsed }) => parsed.subject?.includes('Set your password')),
    'the reset link',
    30_000,
  );
  canaries.add('reset link', /\/password\/reset\?token=(\S+)/.exec(mail.parsed.text ?? '')?.[1]);
}

/** Makes single sign-on fail in several ways. The identity provider echoes secrets in its responses. */
async function failAtProvider(provider: Awaited<ReturnType<typeof startFalseProvider>>): Promise<void> {
  const secret = canaries.get('single sign-on secret');
  const code = canaries.add('code of the provider', 'canary-code-of-the-provider');
  const faults = [{ status: 400 }, { status: 500 }, { token: (token: string) => `${token.slice(0, -9)}AAAAAAAAA` }];
  for (const fault of [...faults, { userInfo: { sub: 'else' } }, { claims: () => ({ sub: secret }) }]) {
    provider.manipulate(fault);
    const browser = inConsole();
    const { location } = await browser.get('/login/sso');
    await browser.get(provider.callbackFor(location ?? '', { code }));
    const again = await browser.get('/login/sso');
    await browser.get(
      provider.callbackFor(again.location ?? '', { code, error: 'server_error', error_description: 'no' }),
    );
  }
}

/** Sends requests while another process locks the database and after its files are moved away. */
async function withoutDatabase(): Promise<void> {
  const path = join(daemon.dataDir, 'tokens.db');
  const changes = () =>
    Promise.all([
      dev.request('POST', '/tokens', { name: 'while locked' }),
      root.request('POST', '/clients', { name: 'While locked' }),
      post('/api/v1/sessions', { email: 'dev@example.com', password: canaries.get('password') }),
      form('/oauth/device_authorization', { client_id: 'tokens' }),
      verify(daemon.url, canaries.get('token')),
    ]);
  const other = await connect(path, sqlite3.OPEN_READWRITE);
  await execute(other, 'BEGIN IMMEDIATE');
  const statuses = (await changes()).map(({ status }) => status);
  await execute(other, 'ROLLBACK');
  await disconnect(other);
  expect(statuses).toContain(503);
  for (const name of ['tokens.db', 'tokens.db-wal', 'tokens.db-shm']) {
    await rename(join(daemon.dataDir, name), join(daemon.dataDir, `${name}.away`));
  }
  await changes();
}

async function useCommandLine(): Promise<void> {
  const password = canaries.get('password');
  await tokens(['login', daemon.url, '--email', 'dev@example.com', '--password-stdin'], `${password}\n`);
  await tokens(
    ['login', daemon.url, '--email', 'guarded@example.com', '--password-stdin'],
    canaries.get('guarded password'),
  );
  await tokens(['login', daemon.url, '--email', 'dev@example.com', '--password-stdin'], canaries.get('recovery code'));
  const created = await tokens(['create', 'of-the-cli', '--verbose']);
  canaries.add('token of the command line', created.stdout.trim());
  await tokens(['create', 'of-the-cli', '--json']);
  for (const verb of ['list', 'whoami', 'audit', 'users', 'get']) {
    await tokens([
      verb,
      ...(verb === 'users' ? ['list'] : verb === 'get' ? ['of-the-cli'] : []),
      '--verbose',
      '--json',
    ]);
  }
  await tokens(['check', '--verbose'], canaries.get('token of the command line'));
  await tokens(['check', '--json', '--server', 'http://127.0.0.1:1'], canaries.get('token'));
  await tokens(['show', canaries.get('token')]);
  await tokens(['password', '--password-stdin'], `${password}x\n${superuser.password}\n`);
  await tokens(['password', '--disable-totp', '--password-stdin'], password);
  const asRoot = (args: string[], input = '') => tokens(args, input, canaries.get('superuser session'));
  const registered = await asRoot(['clients', 'create', 'Of the CLI', '--json', '--verbose']);
  canaries.add('client secret of the command line', (JSON.parse(registered.stdout) as CreatedClient).client_secret);
  const rotated = await asRoot(['clients', 'rotate', 'Of the CLI', '--json']);
  canaries.add('rotated secret', (JSON.parse(rotated.stdout) as CreatedClient).client_secret);
  await asRoot(['clients', 'list', '--json']);
  await asRoot(['users', 'add', 'x@example.com', '--password-stdin'], password.slice(0, 6));
  await asRoot(['audit', '--json']);
  await asRoot(['list', '--all']);
  await tokens(['whoami', '--verbose'], '', `${canaries.get('session')}x`);
  await tokens(['revoke', 'of-the-cli', '--yes', '--verbose']);
  await tokens(['logout', '--verbose']);
}

async function viewEverything(): Promise<void> {
  const pages = ['/organization/team', `/organization/team/${dev.user.id}`, '/organization/audit', '/profile'];
  const files = ['/organization/audit.csv', '/organization/audit.json', '/profile/api-tokens', '/profile/two-step'];
  const browser = inConsole(root.session);
  for (const path of [...pages, ...files]) {
    const { status, html } = await browser.get(path);
    expect({ path, status }).toEqual({ path, status: 200 });
    shown.push(html);
  }
  for (const path of ['/audit?limit=200', '/users', '/tokens?all=true', '/clients']) {
    shown.push(await (await root.request('GET', path)).text());
  }
  shown.push(await (await ask('/metrics')).text());
}

beforeAll(async () => {
  configDir = await mkdtemp(join(tmpdir(), 'tokens-canaries-'));
  cleanups.push(() => rm(configDir, { recursive: true }));
  const smtpPassword = canaries.add('SMTP password', 'canary:smtp/password@4d2');
  let commands = 0;
  mailServer = await startMailServer(0, {
    authOptional: false,
    allowInsecureAuth: true,
    onAuth({ username = '', password = '' }, _session, done) {
      commands += 1;
      const sent = Buffer.from(`\0${username}\0${password}`).toString('base64');
      if (commands <= 2) done(new Error(`535 ${username}:${password} (${sent}) was rejected`));
      else done(null, { user: username });
    },
    onMailFrom(_address, _session, done) {
      commands += 1;
      done(commands <= 5 ? new Error(`mailer may not send with ${smtpPassword}`) : null);
    },
  });
  cleanups.push(() => mailServer.close());
  const provider = await startFalseProvider('tokensd');
  cleanups.push(() => provider.stop());
  const { dataDir, remove } = await prepareDaemon();
  cleanups.push(remove);
  daemon = await startDaemon(dataDir, {
    TOKENSD_SMTP_URL: `smtp://mailer:${encodeURIComponent(smtpPassword)}@127.0.0.1:${mailServer.port}`,
    TOKENSD_OIDC_ISSUER: provider.issuer,
    TOKENSD_OIDC_CLIENT_ID: 'tokensd',
    TOKENSD_OIDC_CLIENT_SECRET: canaries.add('single sign-on secret', 'canary-between-the-two-5b8'),
  });
  cleanups.push(() => daemon.stop('SIGKILL'));
  const watch = watchCommandLines();
  commandLines = watch.lines;
  await useEveryKind();
  await useCommandLine();
  await failAtProvider(provider);
  for (const kind of canaries.kinds) {
    const known = { session: root.session, token: canaries.get('token') };
    await sendMisplaced(daemon.url, known, canaries.get(kind), prefixedKinds.includes(kind));
  }
  const device_code = canaries.get('device code');
  const granted = await form('/oauth/token', { grant_type: deviceGrant, client_id: 'tokens', device_code });
  canaries.add('session of a device', ((await granted.json()) as { access_token: string }).access_token);
  const again = await signIn(daemon.url, superuser).catch(() => null);
  if (again !== null) canaries.add('another session', again.session);
  await viewEverything();
  await eventually(() => mailServer.received.length >= 4, 'mails', 45_000);
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  backup = join(configDir, 'backup.db');
  expect((await tokensd(['backup', backup])).code).toBe(0);
  await tokensd(['backup', backup]);
  await tokensd(['init', '--email', superuser.email, '--password-stdin'], {}, canaries.get('password'));
  await tokensd(['init', '--email', 'no address', '--password-stdin'], {}, canaries.get('password'));
  await watch.stop();
}, 120_000);

describe('no secret', () => {
  it('is untested: every kind was in use and every kind of failure occurred', () => {
    const kinds = ['token', 'password', 'session', 'device code', 'user code', 'client secret', 'authorization code'];
    expect(canaries.kinds).toEqual(expect.arrayContaining([...kinds, 'reset link', 'TOTP secret', 'SMTP password']));
    const log = daemon.stderr();
    expect(log).toContain('the mail server rejected the credentials');
    expect(log).toContain('mail not sent, because mail is set up wrongly; it will be retried');
    expect(log).toContain('The identity provider returned');
    for (const status of [400, 401, 403, 404, 405, 413, 415, 429]) expect(log).toContain(`"status":${status},`);
    for (const kind of ['token', 'session', 'device', 'secret', 'code', 'reset']) {
      expect(log, kind).toMatch(new RegExp(`${kind === 'token' ? 'tok_[0-9A-Za-z]{8}' : `${kind}_`}\\[redacted\\]`));
    }
  });

  it('is stored in a column that must not hold it', async () => {
    for (const path of [join(daemon.dataDir, 'tokens.db'), backup]) {
      const found = (await cellsOf(path)).flatMap(({ table, column, value }) =>
        canaries
          .foundIn(value)
          .filter((kind) => !allowedColumns[kind]?.split(' ').includes(`${table}.${column}`))
          .map((kind) => `${kind} in ${table}.${column}`),
      );
      expect(found).toEqual([]);
    }
  });

  it('is in a file of the data directory or in a backup', async () => {
    const names = (await readdir(daemon.dataDir, { recursive: true })).map((name) => join(daemon.dataDir, name));
    expect(names.map((name) => name.slice(daemon.dataDir.length))).toEqual(
      expect.arrayContaining(['/tokens.db', '/tokens.db-wal', '/tokens.db-shm']),
    );
    for (const name of [...names, backup]) {
      const bytes = await readFile(name).catch(() => Buffer.alloc(0));
      expect({ name, found: canaries.foundIn(bytes.toString('latin1'), ...Object.keys(allowedColumns)) }).toEqual({
        name,
        found: [],
      });
    }
  });

  it('is in a mail, except the reset link in its own mail', () => {
    for (const { parsed, raw, recipients } of mailServer.received) {
      const isLink = parsed.subject?.includes('Set your password') && recipients.join() === 'guarded@example.com';
      const text = [raw.toString('latin1'), parsed.text, parsed.html].join('\n');
      expect({ subject: parsed.subject, found: canaries.foundIn(text) }).toEqual({
        subject: parsed.subject,
        found: isLink ? ['reset link'] : [],
      });
    }
  });

  it('is shown to a superuser on any page, list, download or metric', () => {
    expect(shown.join('')).toContain('token.created');
    expect(shown.filter((text) => canaries.foundIn(text).length > 0).map((text) => canaries.foundIn(text))).toEqual([]);
  });

  it('is printed by a command, unless that is the purpose of the command', () => {
    expect(printed.join('')).toContain('already');
    expect(printed.flatMap((text) => canaries.foundIn(text))).toEqual([]);
  });

  it('is in the arguments of a process', () => {
    const lines = [...commandLines].filter((line) => /tokensd?\.js/.test(line) && !line.includes('tokens.js\0show\0'));
    expect(lines.length).toBeGreaterThan(3);
    expect(canaries.foundIn(lines.join('\n'))).toEqual([]);
  });

  it('is in the debug log, even when the database is locked or gone', async () => {
    expect(daemon.stderr()).toContain('"level":"debug"');
    await withoutDatabase();
    await daemon.stop();
    expect(canaries.foundIn(daemon.stderr())).toEqual([]);
    expect(daemon.stderr()).not.toMatch(/eyJ[\w-]+\.eyJ/);
    expect(daemon.stderr()).toContain('The database');
  });
});
