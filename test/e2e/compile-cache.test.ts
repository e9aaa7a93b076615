import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bareEnvironment, programCommand } from '../helpers/daemon/process.ts';

/** Preloaded script that takes a directory for the user's home, and records which cache directory is enabled. */
const preload = `
require('node:os').userInfo = () => ({ homedir: process.env.HOME_OF_USER });
require('node:module').enableCompileCache = (directory) => require('node:fs').writeFileSync(process.env.ENABLED, directory);
`;

let home: string;
let cache: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tokens-cache-'));
  cache = join(home, '.cache', 'tokens');
  await writeFile(join(home, 'preload.cjs'), preload);
});
afterEach(() => rm(home, { recursive: true }));

/** Starts the program under a umask of 000. Returns the cache directory that it enabled, or null. */
async function start(): Promise<string | null> {
  const [command, ...words] = programCommand('tokens', ['--version']);
  const env = bareEnvironment({
    HOME_OF_USER: home,
    ENABLED: join(home, 'enabled'),
    NODE_OPTIONS: `--require ${join(home, 'preload.cjs')}`,
  });
  const { status } = spawnSync('sh', ['-c', 'umask 000; exec "$0" "$@"', command, ...words], { env });
  expect(status).toBe(0);
  return readFile(join(home, 'enabled'), 'utf8').catch(() => null);
}

describe('the cache of compiled code', () => {
  it('is in a directory that nobody else can open, whatever the umask is', async () => {
    expect(await start()).toBe(cache);
    expect((await stat(cache)).mode & 0o777).toBe(0o700);
    expect((await stat(join(home, '.cache'))).mode & 0o022).toBe(0);
  });

  it.each([0o777, 0o720, 0o702])('is not used if others may write there (mode %o)', async (mode) => {
    await mkdir(cache, { recursive: true });
    await chmod(cache, mode);
    expect(await start()).toBeNull();
  });
});
