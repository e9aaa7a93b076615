import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useDaemons } from '../../helpers/daemon/daemon.ts';
import { runProgram } from '../../helpers/daemon/process.ts';

const { emptyDataDir, start } = useDaemons();

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokens-bootstrap-'));
  file = join(directory, 'key');
});
afterEach(() => rm(directory, { recursive: true }));

const init = async (dataDir: string, argv: string[] = []) =>
  runProgram('tokensd', ['init', '--no-password', '--email', 'ada@example.com', ...argv], {
    env: { TOKENSD_DATA_DIR: dataDir },
  });
const key = (path = file) => ['--service-account', 'platform', '--manage', 'all', '--key-file', path];

describe('tokensd init with a management key', () => {
  it('sets up a machine on which no person has typed anything', async () => {
    const dataDir = await emptyDataDir();
    const done = await init(dataDir, key());
    expect(done).toMatchObject({ code: 0, stdout: '' });
    const value = (await readFile(file, 'utf8')).trimEnd();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(done.stderr).not.toContain(value);
    const daemon = await start(dataDir);
    const env = { TOKENS_SERVER: daemon.url, TOKENS_KEY_FILE: file, TOKENS_CONFIG_DIR: join(directory, 'config') };
    const tokens = (argv: string[]) => runProgram('tokens', argv, { env });
    const shown = JSON.parse((await tokens(['whoami', '--json'])).stdout);
    expect(shown).toMatchObject({ name: 'bootstrap', owner: 'service-account:platform', self_rotate: true });
    expect(shown.lifetime).toBe(86_400);
    expect(shown.manage).toHaveLength(11);
    expect(await tokens(['apps', 'create', 'grafana'])).toMatchObject({ code: 0 });
    const renewed = await tokens(['ensure', 'bootstrap', '--out', file, '--renew-before', '1439m', '--json']);
    expect(renewed.stderr).toBe('');
    expect(JSON.parse(renewed.stdout)).toMatchObject({ action: 'none' });
  });

  it('makes a key that lives no longer than the organization allows', async () => {
    const dataDir = await emptyDataDir();
    const settings = { TOKENSD_DATA_DIR: dataDir, TOKENSD_MAX_EXPIRY: '1h' };
    const words = ['init', '--no-password', '--email', 'ada@example.com', ...key()];
    expect(await runProgram('tokensd', words, { env: settings })).toMatchObject({ code: 0 });
    const daemon = await start(dataDir, { TOKENSD_MAX_EXPIRY: '1h' });
    const env = { TOKENS_SERVER: daemon.url, TOKENS_KEY_FILE: file, TOKENS_CONFIG_DIR: join(directory, 'config') };
    const shown = await runProgram('tokens', ['whoami', '--json'], { env });
    expect(JSON.parse(shown.stdout)).toMatchObject({ name: 'bootstrap', lifetime: 3600 });
  });

  it('creates nothing if the file exists or cannot be written, or if there is a service account', async () => {
    const dataDir = await emptyDataDir();
    await writeFile(file, 'precious\n');
    expect(await init(dataDir, key())).toMatchObject({ code: 5, stdout: '' });
    expect(await readFile(file, 'utf8')).toBe('precious\n');
    expect(await init(dataDir, key(join(directory, 'nowhere', 'key')))).toMatchObject({ code: 1, stdout: '' });
    // The email address is still free.
    const other = join(directory, 'other');
    expect(await init(dataDir, key(other))).toMatchObject({ code: 0 });
    const second = join(directory, 'second');
    const again = await init(dataDir, ['--email', 'bob@example.com', ...key(second), '--service-account', 'more']);
    expect(again).toMatchObject({ code: 5, stdout: '' });
    expect(again.stderr).toContain('has a service account already');
    await expect(stat(second)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await init(dataDir, ['--email', 'bob@example.com'])).toMatchObject({ code: 0 });
  });

  it.each<[string, string[]]>([
    ['an option is missing', ['--service-account', 'platform', '--manage', 'all']],
    ['the name is no name', ['--service-account', 'Platform!', '--manage', 'all', '--key-file', '/nowhere/key']],
    ['a scope is unknown', ['--service-account', 'platform', '--manage', 'everything', '--key-file', '/nowhere/key']],
    ['both kinds of password are given', ['--password-stdin']],
  ])('exits 2 if %s', async (_what, argv) => {
    expect(await init(await emptyDataDir(), argv)).toMatchObject({ code: 2, stdout: '' });
  });
});
