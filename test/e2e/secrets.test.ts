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
/** What the programs printed, but for the one value that `create` is asked to print. */
const outputs: string[] = [];
const seenLines = new Set<string>();
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

/** Looks at every command line on this machine until told to stop. */
function watchCommandLines(): () => Promise<void> {
  let watching = true;
  const watch = (async () => {
    while (watching) {
      for (const line of commandLines()) seenLines.add(line);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  return () => {
    watching = false;
    return watch;
  };
}

/** A life with everything in it that can go wrong in front of a secret. */
async function live(): Promise<void> {
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
  for (const wrong of [first.slice(0, -1), `${first} ${second}`, `${first},${second}`]) await verify(daemon.url, wrong);
  await verify(daemon.url, first, { 'X-API-Key': second });
  await verify(daemon.url, second);

  const root = await signIn(daemon.url, superuser);
  const ask = (path: string, init: RequestInit) =>
    fetch(`${daemon.url}${path}`, init).then(async (answer) => outputs.push(await answer.text()));
  const bearer = (value: string) => ({ Authorization: `Bearer ${value}` });
  await ask('/api/v1/me', { headers: bearer(first) });
  await ask('/api/v1/me', { headers: bearer(`${root.session}x`) });
  await ask('/api/v1/token', { headers: bearer(second) });
  await ask('/api/v1/token', { headers: bearer(first) });
  await ask(`/api/v1/tokens/${first}`, { headers: bearer(root.session) });
  await ask('/api/v1/tokens?all=true', { headers: bearer(root.session) });
  await ask('/api/v1/audit', { headers: bearer(root.session) });
  await ask('/api/v1/users', { headers: bearer(root.session) });
  const broken = `{"email":"${developer.email}","password":"${nextPassword}"`;
  await ask('/api/v1/sessions', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: broken });
  await ask('/api/v1/sessions', { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: broken });
  await ask('/api-token-auth/', {
    method: 'POST',
    body: new URLSearchParams({ username: developer.email, password: `${nextPassword}!` }),
  });
  await ask('/api/v1/users', {
    method: 'POST',
    headers: { ...bearer(root.session), 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: 'x@example.com', password: nextPassword, nonsense: nextPassword }),
  });
  await tokens(['offboard', developer.email, '--yes'], '', { TOKENS_SESSION: root.session });
}

beforeAll(async () => {
  // Other files' tests ran in this process.
  seenSecrets.clear();
  for (const secret of [superuser.password, developer.password, nextPassword, smtpPassword]) seenSecrets.add(secret);
  configDir = await mkdtemp(join(tmpdir(), 'tokens-secrets-'));
  cleanups.push(() => rm(configDir, { recursive: true }));
  const server = await startMailServer(0, {
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: ({ password }, _session, done) => {
      // Once refused, so that the path on which an SMTP server repeats what it was sent is walked as well.
      const refused = mails.length === 0;
      mails.push('');
      if (refused) done(new Error(`535 no: ${password}`));
      else done(null, { user: 'mailer' });
    },
  });
  cleanups.push(() => server.close());
  const { dataDir, remove } = await prepareDaemon();
  cleanups.push(remove);
  daemon = await startDaemon(dataDir, { TOKENSD_SMTP_URL: `smtp://mailer:${smtpPassword}@127.0.0.1:${server.port}` });
  cleanups.push(() => daemon.stop('SIGKILL'));
  const stopWatching = watchCommandLines();
  await live();
  await eventually(() => server.received.length >= 3, 'mails', 30_000);
  mails.push(...server.received.map(({ raw }) => raw.toString()));
  await stopWatching();
}, 90_000);

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

/** Secrets in this text. They are shown by their first characters only. */
function leaked(text: string): string[] {
  return [...seenSecrets].filter((secret) => text.includes(secret)).map((secret) => `${secret.slice(0, 12)}…`);
}

describe('a secret that the tests saw', () => {
  it('may be a token, a session or a password: all are in the list', () => {
    const seen = [...seenSecrets];
    expect(seen.filter((secret) => /^tok_/.test(secret))).toHaveLength(2);
    expect(seen.some((secret) => secret.startsWith('session_'))).toBe(true);
    expect(seen).toContain(developer.password);
  });

  it('is not in the log, at debug level', () => {
    expect(daemon.stderr()).toContain('"level":"debug"');
    expect(leaked(daemon.stderr())).toEqual([]);
  });

  it('is not in a database file, its write-ahead log or anything else in the data directory', async () => {
    const names = await readdir(daemon.dataDir, { recursive: true });
    expect(names).toContain('tokens.db-wal');
    for (const name of names) {
      const bytes = await readFile(join(daemon.dataDir, name)).catch(() => Buffer.alloc(0));
      expect({ name, leaked: leaked(bytes.toString('latin1')) }).toEqual({ name, leaked: [] });
    }
  });

  it('is not in a mail', () => {
    expect(mails.length).toBeGreaterThan(3);
    expect(leaked(mails.join('\n'))).toEqual([]);
  });

  it('is not in any other output: lists, audit log, errors', () => {
    expect(outputs.join('')).toContain('token.created');
    expect(leaked(outputs.join('\n'))).toEqual([]);
  });

  it('was never in a command line', () => {
    expect([...seenLines].some((line) => line.includes('--password-stdin'))).toBe(true);
    expect(leaked([...seenLines].join('\n'))).toEqual([]);
  });
});
