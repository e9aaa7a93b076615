import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken, verdict } from '../helpers/app/app.ts';
import { openTestCliWithApp, password, type Surroundings } from '../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
let value: string;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  dev = cli.as(cli.app.dev);
  value = (await createToken(cli.app, cli.app.dev, { name: 'ci' })).token;
});
afterEach(() => cli.close());

it.each(['EPIPE', 'ENOSPC'])('completes the command if stderr fails with %s', async (stderrFails) => {
  const other = await createToken(cli.app, cli.app.dev, { name: 'other' });
  const ran = await cli.run(['revoke', 'ci', 'other', '--yes', '--verbose'], { ...dev, stderrFails });
  expect(ran.code).toBe(0);
  expect(await verdict(cli.app, value)).toBe('revoked');
  expect(await verdict(cli.app, other.token)).toBe('revoked');
  const created = await cli.run(['create', 'new', '--store'], { ...dev, stderrFails, columns: 80 });
  expect(created.code).toBe(0);
  expect(await verdict(cli.app, created.stdout.trimEnd())).toBe(200);
  expect((await cli.run(['show', 'nope'], { ...dev, stderrFails })).code).toBe(3);
});

it('does not repeat a token value given in place of a name or command', async () => {
  for (const argv of [[value], ['show', value], ['revoke', value, '--yes'], ['get', value], ['list', `--${value}`]]) {
    for (const flags of [[], ['--json']]) {
      const ran = await cli.run([...flags, ...argv], dev);
      expect(ran.code).toBeGreaterThan(1);
      expect(ran.stderr).toContain(value.slice(0, 12));
      expect(ran.stderr).not.toContain(value);
    }
  }
});

it.each(['abc\r\nX-Evil: 1 secret', 'se cret', 'sécret'])(
  'exits 2 for an invalid TOKENS_SESSION, and neither sends nor repeats it',
  async (TOKENS_SESSION) => {
    const fetch = () => Promise.reject(new Error('connected'));
    const ran = await cli.run(['whoami'], { env: { TOKENS_SESSION }, fetch });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('TOKENS_SESSION');
    expect(ran.stderr).not.toMatch(/s[eé] ?cret/);
  },
);

const login = ['login', '--email', 'dev@example.com', '--password-stdin', '--credential-store', 'file'];

it('stores settings in $XDG_CONFIG_HOME/tokens, else in ~/.config/tokens, and ignores a relative path', async () => {
  const home = join(cli.configDir, '..');
  const absolute = { TOKENS_CONFIG_DIR: '', XDG_CONFIG_HOME: join(home, 'xdg') };
  await cli.run(login, { stdin: password, home, env: absolute });
  expect((await readdir(join(home, 'xdg', 'tokens'))).sort()).toEqual(['config.json', 'credentials.json']);
  for (const XDG_CONFIG_HOME of ['', 'somewhere']) {
    expect(
      (await cli.run(login, { stdin: password, home, env: { TOKENS_CONFIG_DIR: '', XDG_CONFIG_HOME } })).code,
    ).toBe(0);
  }
  expect((await stat(join(home, '.config', 'tokens', 'config.json'))).isFile()).toBe(true);
});

it.each([undefined, ''])(
  'says what to set without a home directory (%j), and needs none with a session and a server',
  async (home) => {
    const nowhere = { TOKENS_CONFIG_DIR: '', XDG_CONFIG_HOME: '' };
    const ran = await cli.run(login, { stdin: password, env: nowhere, ...(home !== undefined && { home }) });
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('TOKENS_CONFIG_DIR') });
    expect((await cli.run(['list'], { env: { ...dev.env, ...nowhere } })).code).toBe(0);
    expect((await cli.run(['create', 'x', '--help'], { env: nowhere })).code).toBe(0);
  },
);
