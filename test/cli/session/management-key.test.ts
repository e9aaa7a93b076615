import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { storeKey, storeServiceAccount, type TestKey } from '../../helpers/app/management-key.ts';
import { onTerminal, openTestCliWithApp } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let key: TestKey;
let directory: string;
let file: string;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
  key = await storeKey(cli.app, await storeServiceAccount(cli.app, 'platform'), ['apps', 'users:read']);
  directory = await mkdtemp(join(tmpdir(), 'tokens-key-'));
  file = join(directory, 'key');
  await writeFile(file, `${key.value}\n`, { mode: 0o600 });
});
afterEach(async () => {
  await cli.close();
  await rm(directory, { recursive: true });
});

describe.each(['TOKENS_KEY', 'TOKENS_KEY_FILE'])('%s', (name) => {
  const env = () => ({ [name]: name === 'TOKENS_KEY' ? key.value : file });

  it('takes the place of a session', async () => {
    expect((await cli.run(['apps', 'create', 'grafana'], { env: env() })).code).toBe(0);
    const listed = await cli.run(['users', 'list', '--json'], { env: env() });
    expect(listed.stdout).toContain('dev@example.com');
    const [event] = await cli.app.store.audit.list({ limit: 1, before: null });
    expect(event?.actor).toMatchObject({ email: 'service-account:platform', token: 'terraform' });
  });

  it('is refused together with TOKENS_SESSION, before anything is sent', async () => {
    const fetch = () => Promise.reject(new Error('connected'));
    const both = { ...env(), TOKENS_SESSION: cli.app.root.session };
    for (const command of [['whoami'], ['apps', 'list'], ['logout']]) {
      const ran = await cli.run(command, { env: both, fetch });
      expect(ran).toMatchObject({ code: 2, stdout: '' });
      expect(ran.stderr).toBe(`error: TOKENS_SESSION and ${name} are both set. Unset one of them.\n`);
    }
  });

  it('shows the key to `tokens whoami`, and never its value', async () => {
    const shown = await cli.run(['whoami', '--verbose'], { env: env() });
    expect(shown.stdout).toContain('service-account:platform');
    expect(shown.stdout).toContain('terraform');
    expect(shown.stdout).toContain('apps, users:read');
    const json = await cli.run(['whoami', '--json'], { env: env() });
    expect(JSON.parse(json.stdout)).toMatchObject({ name: 'terraform', manage: ['apps', 'users:read'] });
    expect(shown.stdout + shown.stderr + json.stdout).not.toContain(key.value);
  });

  it('exits 4 and names the missing scope, or what keys cannot do', async () => {
    const refused = await cli.run(['users', 'add', 'new@example.com'], { env: env() });
    expect(refused).toMatchObject({ code: 4, stdout: '' });
    expect(refused.stderr).toContain('users:write');
    const closed = await cli.run(['users', 'unbind', 'dev@example.com', '--yes'], { env: env() });
    expect(closed.code).toBe(4);
    expect(closed.stderr).toContain('A management key cannot do this.');
  });

  it('says where the key is from once it no longer works', async () => {
    await cli.app.ask('/api/v1/token', { method: 'DELETE', headers: key.headers });
    const ran = await cli.run(['apps', 'list'], { env: env() });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain(`It is the management key in ${name === 'TOKENS_KEY' ? name : file}.`);
    expect(ran.stderr).not.toContain(key.value);
  });
});

it('refuses both variables of a key together, and a text that is not a token value, without repeating it', async () => {
  const fetch = () => Promise.reject(new Error('connected'));
  const both = await cli.run(['whoami'], { env: { TOKENS_KEY: key.value, TOKENS_KEY_FILE: file }, fetch });
  expect(both.code).toBe(2);
  expect(both.stderr).toContain('TOKENS_KEY and TOKENS_KEY_FILE are both set');
  await writeFile(file, 'a secret text\n');
  for (const env of [{ TOKENS_KEY: 'a secret text' }, { TOKENS_KEY: `${key.value}x` }, { TOKENS_KEY_FILE: file }]) {
    const ran = await cli.run(['whoami'], { env, fetch });
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).not.toContain('secret text');
    expect(ran.stderr).not.toContain(key.value);
  }
});

it.each(['missing', 'a directory', 'too long'])('names a key file that is %s', async (what) => {
  if (what === 'missing') await rm(file);
  if (what === 'a directory') file = directory;
  if (what === 'too long') await writeFile(file, 'x'.repeat(5000));
  const ran = await cli.run(['whoami'], { env: { TOKENS_KEY_FILE: file } });
  expect(ran.code).toBe(1);
  expect(ran.stderr).toContain(file);
});

it('takes a key file away from other users, and warns', async () => {
  await chmod(file, 0o644);
  const link = join(directory, 'link');
  await symlink(file, link);
  const ran = await cli.run(['apps', 'list'], { env: { TOKENS_KEY_FILE: link } });
  expect(ran.code).toBe(0);
  expect(ran.stderr).toBe(`warning: Other users could read or change ${link}. Its mode is now 600.\n`);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await cli.run(['apps', 'list'], { env: { TOKENS_KEY_FILE: link } })).stderr).toBe('');
});

it('renews the key itself with `ensure`, if --out is its own file', async () => {
  const env = { TOKENS_KEY_FILE: file };
  const argv = ['ensure', 'terraform', '--out', file, '--json'];
  expect(JSON.parse((await cli.run(argv, { env })).stdout)).toMatchObject({ action: 'none' });
  cli.app.clock.advance(80 * 24 * 60 * 60 * 1000);
  const renewed = await cli.run(argv, { env });
  expect(renewed.stderr).toBe('');
  expect(JSON.parse(renewed.stdout)).toMatchObject({ action: 'rotated' });
  const value = (await readFile(file, 'utf8')).trimEnd();
  expect(value).not.toBe(key.value);
  expect((await cli.run(['apps', 'list'], { env })).code).toBe(0);
});

it('is created, shown and changed by a superuser with --manage', async () => {
  const root = cli.as(cli.app.root);
  const argv = ['create', 'scanner', '-s', 'platform', '--manage', 'leaks', '--manage', 'apps', '--expires', '90d'];
  const created = await cli.run(argv, root);
  expect(created.code).toBe(0);
  const shown = await cli.run(['show', 'scanner', '-s', 'platform'], root);
  expect(shown.stdout).toMatch(/^Scopes:\tapps, leaks$/m);
  const edited = await cli.run(['edit', 'scanner', '-s', 'platform', '--manage', 'leaks'], root);
  expect(edited.stderr).toContain('it has the scopes leaks');
  const wrong = await cli.run([...argv.slice(0, -4), '--manage', 'everything', '--expires', '1d'], root);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toContain('A scope must be one of tokens:read, tokens:write');
  const { code, stderr } = await cli.run(['create', 'mine', '--manage', 'apps', '--expires', '1d'], root);
  expect(code).toBe(2);
  expect(stderr).toContain('Only a service account can own a management key');
});
