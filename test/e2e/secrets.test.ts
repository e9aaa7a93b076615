import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signIn, verify } from '../helpers/daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../helpers/daemon/daemon.ts';
import { commandLines, eventually, runProgram, seenSecrets } from '../helpers/daemon/process.ts';
import { startMailServer } from '../helpers/peers/mail-server.ts';

const developer = { email: 'ada@example.com', password: 'canary password of ada' };
const nextPassword = 'canary second password of ada';
const smtpPassword = 'canary-smtp-password';

let daemon: Daemon;
let configDir: string;
const mails: string[] = [];
/** Everything the programs printed, except the token values that `create` prints on stdout. */
const outputs: string[] = [];
const seenCommandLines = new Set<string>();
const cleanups: Array<() => Promise<unknown>> = [];

async function tokens(args: string[], input = '', env: Record<string, string> = {}) {
  const result = await runProgram('tokens', args, {
    input,
    env: { TOKENS_CONFIG_DIR: configDir, TOKENS_CREDENTIAL_STORE: 'file', TOKENS_SERVER: daemon.url, ...env },
  });
  if (args[0] === 'create' && result.code === 0) seenSecrets.add(result.stdout.trim());
  else outputs.push(result.stdout);
  outputs.push(result.stderr);
  return result;
}

/** Records every command line on this machine. Returns a function that stops the recording. */
function watchCommandLines(): () => Promise<void> {
  let watching = true;
  const watch = (async () => {
    while (watching) {
      for (const line of commandLines()) seenCommandLines.add(line);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  return () => {
    watching = false;
    return watch;
  };
}

/** Runs the commands and requests that handle secrets, including those that fail. */
async function handleSecrets(): Promise<void> {
  await tokens(['login', daemon.url, '--email', superuser.email, '--password-stdin'], superuser.password);
  await tokens(['users', 'add', developer.email, '--grant', '--password-stdin'], developer.password);
  await tokens(['login', daemon.url, '--email', developer.email, '--password-stdin'], `${developer.password}\n`);
  const first = (await tokens(['create', 'first'])).stdout.trim();
  const second = (await tokens(['create', 'second', '--expires', '30d'])).stdout.trim();
  await tokens(['create', 'first']);
  await tokens(['list', '--json', '--verbose']);
  await tokens(['show', 'first']);
  await tokens(['check'], first);
  await tokens(['check', '--json'], `${second}x`);
  await tokens(['check', '--json', '--server', 'http://127.0.0.1:1'], second);
  await tokens(['password', '--password-stdin'], `${superuser.password}\n${nextPassword}\n`);
  await tokens(['password', '--password-stdin'], `${developer.password}\n${nextPassword}\n`);
  await tokens(['login', daemon.url, '--email', developer.email, '--password-stdin'], developer.password);
  await tokens(['revoke', 'second', '--yes', '--verbose']);
  for (const value of [first.slice(0, -1), `${first} ${second}`, `${first},${second}`]) await verify(daemon.url, value);
  await verify(daemon.url, first, { 'X-API-Key': second });
  await verify(daemon.url, second);

  const root = await signIn(daemon.url, superuser);
  const send = (path: string, init: RequestInit) =>
    fetch(`${daemon.url}${path}`, init).then(async (response) => outputs.push(await response.text()));
  const bearer = (value: string) => ({ Authorization: `Bearer ${value}` });
  await send('/api/v1/me', { headers: bearer(first) });
  await send('/api/v1/me', { headers: bearer(`${root.session}x`) });
  await send('/api/v1/token', { headers: bearer(second) });
  await send('/api/v1/token', { headers: bearer(first) });
  await send(`/api/v1/tokens/${first}`, { headers: bearer(root.session) });
  await send('/api/v1/tokens?all=true', { headers: bearer(root.session) });
  await send('/api/v1/audit', { headers: bearer(root.session) });
  await send('/api/v1/users', { headers: bearer(root.session) });
  const invalidJson = `{"email":"${developer.email}","password":"${nextPassword}"`;
  await send('/api/v1/sessions', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: invalidJson,
  });
  await send('/api/v1/sessions', { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: invalidJson });
  await send('/api-token-auth/', {
    method: 'POST',
    body: new URLSearchParams({ username: developer.email, password: `${nextPassword}!` }),
  });
  await send('/api/v1/users', {
    method: 'POST',
    headers: { ...bearer(root.session), 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: 'x@example.com', password: nextPassword, nonsense: nextPassword }),
  });
  await tokens(['offboard', developer.email, '--yes'], '', { TOKENS_SESSION: root.session });
}

beforeAll(async () => {
  // Tests in other files that ran in this process also recorded secrets.
  seenSecrets.clear();
  for (const secret of [superuser.password, developer.password, nextPassword, smtpPassword]) seenSecrets.add(secret);
  configDir = await mkdtemp(join(tmpdir(), 'tokens-secrets-'));
  cleanups.push(() => rm(configDir, { recursive: true }));
  const server = await startMailServer(0, {
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: ({ password }, _session, done) => {
      // Rejects the first attempt with the password in the error, because some SMTP servers echo what they receive.
      const isFirst = mails.length === 0;
      mails.push('');
      if (isFirst) done(new Error(`535 no: ${password}`));
      else done(null, { user: 'mailer' });
    },
  });
  cleanups.push(() => server.close());
  const { dataDir, remove } = await prepareDaemon();
  cleanups.push(remove);
  daemon = await startDaemon(dataDir, { TOKENSD_SMTP_URL: `smtp://mailer:${smtpPassword}@127.0.0.1:${server.port}` });
  cleanups.push(() => daemon.stop('SIGKILL'));
  const stopWatching = watchCommandLines();
  await handleSecrets();
  await eventually(() => server.received.length >= 3, 'mails', 30_000);
  mails.push(...server.received.map(({ raw }) => raw.toString()));
  await stopWatching();
}, 90_000);

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

/** Returns the secrets in this text, shortened so that a failed test does not print them. */
function leakedSecrets(text: string): string[] {
  return [...seenSecrets].filter((secret) => text.includes(secret)).map((secret) => `${secret.slice(0, 12)}…`);
}

describe('a recorded secret', () => {
  it('can be a token, a session or a password', () => {
    const seen = [...seenSecrets];
    expect(seen.filter((secret) => /^tok_/.test(secret))).toHaveLength(2);
    expect(seen.some((secret) => secret.startsWith('session_'))).toBe(true);
    expect(seen).toContain(developer.password);
  });

  it('does not appear in the log at debug level', () => {
    expect(daemon.stderr()).toContain('"level":"debug"');
    expect(leakedSecrets(daemon.stderr())).toEqual([]);
  });

  it('does not appear in the database, its write-ahead log or any other file in the data directory', async () => {
    const names = await readdir(daemon.dataDir, { recursive: true });
    expect(names).toContain('tokens.db-wal');
    for (const name of names) {
      const bytes = await readFile(join(daemon.dataDir, name)).catch(() => Buffer.alloc(0));
      expect({ name, leaked: leakedSecrets(bytes.toString('latin1')) }).toEqual({ name, leaked: [] });
    }
  });

  it('does not appear in a mail', () => {
    expect(mails.length).toBeGreaterThan(3);
    expect(leakedSecrets(mails.join('\n'))).toEqual([]);
  });

  it('does not appear in any other output, such as lists, the audit log and errors', () => {
    expect(outputs.join('')).toContain('token.created');
    expect(leakedSecrets(outputs.join('\n'))).toEqual([]);
  });

  it('does not appear in a command line', () => {
    expect([...seenCommandLines].some((line) => line.includes('--password-stdin'))).toBe(true);
    expect(leakedSecrets([...seenCommandLines].join('\n'))).toEqual([]);
  });
});
