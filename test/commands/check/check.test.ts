import { chmod, chown, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { checkAuditLog } from '../../../server/commands/check/audit-log.ts';
import { formatChecks, runChecks } from '../../../server/commands/check/check.ts';
import { checkDataDir } from '../../../server/commands/check/data-dir.ts';
import { checkSettings } from '../../../server/commands/check/settings.ts';

const uid = process.geteuid?.() ?? 0;
const ok = { name: 'a', state: 'ok', detail: 'Fine.' } as const;

it('reports a check that takes too long or throws, and the results of the others', async () => {
  const { checks, abandoned } = await runChecks(
    [
      { name: 'silent', run: () => new Promise(() => {}) },
      { name: 'broken', run: () => Promise.reject(new Error('It broke.')) },
      { name: 'good', run: async () => [ok] },
    ],
    50,
  );
  expect(checks).toEqual([
    { name: 'silent', state: 'failed', detail: expect.stringContaining('no result after 0.05 seconds') },
    { name: 'broken', state: 'failed', detail: 'It broke.' },
    ok,
  ]);
  expect(abandoned).toBe(true);
});

it('prints one aligned line per check', () => {
  const checks = [ok, { name: 'database', state: 'failed', detail: 'It is down.' } as const];
  expect(formatChecks(checks)).toBe('ok       a         Fine.\nfailed   database  It is down.\n');
});

it('checks the data directory without creating it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tokensd-check-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const dataDir = join(directory, 'new', 'data');
  expect(await checkDataDir({ dataDir })).toEqual([
    { name: 'data directory', state: 'ok', detail: `${dataDir} does not exist yet. tokensd creates it.` },
  ]);
  await writeFile(join(directory, 'new'), '');
  expect(await checkDataDir({ dataDir })).toMatchObject([
    { state: 'failed', detail: expect.stringContaining('is not a directory') },
  ]);
});

it('checks the file of the audit log without creating it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tokensd-check-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const check = async (file: string) => (await checkAuditLog({ auditLog: { file } }, uid))[0];
  const file = join(directory, 'audit.jsonl');
  expect(await check(file)).toEqual({
    ...{ name: 'audit log', state: 'ok' },
    detail: `${file} does not exist yet. tokensd creates it.`,
  });
  await writeFile(file, '', { mode: 0o600 });
  expect(await check(file)).toMatchObject({ state: 'ok', detail: `${file} is writable.` });
  expect(await check(directory)).toMatchObject({ state: 'failed', detail: expect.stringContaining('is a directory') });
  expect(await check(join(directory, 'missing', 'audit.jsonl'))).toMatchObject({
    ...{ state: 'failed' },
    detail: `The directory ${directory}/missing does not exist. Create it, or correct TOKENSD_AUDIT_LOG.`,
  });
  expect(await checkAuditLog({ auditLog: null }, uid)).toEqual([]);
  expect(await checkAuditLog({ auditLog: 'stdout' }, uid)).toEqual([]);
});

it('warns about a file of the audit log that other users can read, and rejects a link that they may have made', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tokensd-check-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const [file, link] = [join(directory, 'file'), join(directory, 'audit.jsonl')];
  await writeFile(file, '', { mode: 0o644 });
  await symlink(file, link);
  const check = async (path: string, as = uid) => (await checkAuditLog({ auditLog: { file: path } }, as))[0];
  for (const path of [file, link])
    expect(await check(path)).toMatchObject({
      state: 'warning',
      detail: expect.stringContaining('Other users can read'),
    });
  await chmod(file, 0o600);
  expect(await check(link)).toMatchObject({ state: 'ok' });
  expect(await check(file, uid + 1)).toMatchObject({
    ...{ state: 'warning' },
    detail: expect.stringContaining('belongs to another user'),
  });
  await chmod(directory, 0o777);
  expect(await check(link)).toMatchObject({ state: 'failed', detail: expect.stringContaining('is a symbolic link') });
  expect(await check(file)).toMatchObject({ state: 'ok' });
  await chmod(directory, 0o755);
  // Root could have made the link, but not another user who owns the directory.
  if (uid === 0) await chown(directory, 65_534, 65_534);
  expect(await check(link, uid === 0 ? uid : uid + 1)).toMatchObject({ state: 'failed' });
});

it('warns about a port in TOKENSD_PORT, which Kubernetes uses', () => {
  const { checks } = checkSettings({ HOME: '/nowhere', TOKENSD_PORT: '9000' });
  expect(checks).toMatchObject([
    { state: 'ok' },
    { state: 'warning', detail: expect.stringContaining('TOKENSD_LISTEN') },
  ]);
  expect(checkSettings({ HOME: '/nowhere', TOKENSD_PORT: 'tcp://10.0.0.1:8420' }).checks).toHaveLength(1);
});

it('warns about files of settings that every user of the machine can read, if secrets may be in them', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tokensd-check-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const write = async (name: string, text: string) => {
    const file = join(directory, name);
    await writeFile(file, text);
    await chmod(file, 0o644);
    return file;
  };
  const secret = await write('secret', 'hunter2');
  const organization = await write('organization', 'Example Inc.');
  const url = await write('url', 'smtp://mail.example.com');
  const database = await write('database', 'postgres://u:hunter2@db/tokens');
  const keys = await write('keys', 'https://keys.example.com/?key=hunter2');
  const link = join(directory, 'link');
  await symlink(url, link);
  const config = await write(
    'config',
    `TOKENSD_OIDC_CLIENT_SECRET_FILE=${secret}\nTOKENSD_ORGANIZATION_FILE=${organization}\n`,
  );
  const env = {
    HOME: '/nowhere',
    TOKENSD_CONFIG: config,
    TOKENSD_SMTP_URL_FILE: link,
    TOKENSD_DATABASE_URL_FILE: database,
    TOKENSD_GITHUB_SECRET_SCANNING_KEYS_FILE: keys,
    TOKENSD_OIDC_ISSUER: 'https://sso.example.com',
    TOKENSD_OIDC_CLIENT_ID: 'tokensd',
  };
  const warnings = () =>
    checkSettings(env)
      .checks.filter(({ state }) => state === 'warning')
      .map(({ detail }) => /^Every user of this machine can read (\S+), /.exec(detail)?.[1]);
  // Nobody else reaches a file below a directory that is closed to them.
  expect(warnings()).toEqual([]);
  await chmod(directory, 0o711);
  expect(warnings()).toEqual([config, database, link, keys, secret]);
  expect(checkSettings(env).checks[0]).toMatchObject({ name: 'settings', state: 'ok' });
  for (const file of [config, url, database, keys]) await chmod(file, 0o640);
  expect(warnings()).toEqual([secret]);
  await chmod(secret, 0o600);
  expect(warnings()).toEqual([]);
});
