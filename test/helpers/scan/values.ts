import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { generateToken, randomBase62 } from '../../../server/domain/secrets.ts';

/** Returns a well-formed value. */
export function newValue(prefix = 'tok'): string {
  return generateToken(prefix).reveal();
}

/** Returns texts that look like values of `tok` but are not, each for another reason. */
export function nearMisses(count: number): string[] {
  const kinds: Array<() => string> = [
    () => `tok_${randomBase62(38)}`,
    () => newValue().replace(/.$/, (last) => (last === '0' ? '1' : '0')),
    () => newValue().replace(/_./, (start) => (start === '_a' ? '_b' : '_a')),
    () => newValue().slice(0, -1),
    () => newValue().replace('tok_', 'tok_0'),
    () => newValue().replace(/(?<=_.{10})./, '-'),
    () => newValue().replace(/(?<=_.{20})./, 'é'),
    () => newValue().replace(/(?<=_.{20})/, '\n'),
    () => newValue().replace('tok_', 'tok-'),
    () => newValue().toUpperCase(),
    () => newValue('stok'),
    () => newValue('mytok'),
    () => newValue('acme'),
    () => `tok_${newValue().slice(4, 20)}tok_${newValue().slice(4, 20)}`,
  ];
  return Array.from({ length: count }, (_, index) => kinds[index % kinds.length]?.() ?? '');
}

/** Creates a directory that is removed after the test. */
export async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-scan-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

const run = promisify(execFile);

/** The environment of Git in tests: an author, and no configuration of the machine. */
export const gitEnvironment = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Dev',
  GIT_AUTHOR_EMAIL: 'dev@example.com',
  GIT_COMMITTER_NAME: 'Dev',
  GIT_COMMITTER_EMAIL: 'dev@example.com',
  // A maintenance in the background would write while a test deletes its repository.
  ...{ GIT_CONFIG_COUNT: '2', GIT_CONFIG_KEY_0: 'gc.auto', GIT_CONFIG_VALUE_0: '0' },
  ...{ GIT_CONFIG_KEY_1: 'maintenance.auto', GIT_CONFIG_VALUE_1: 'false' },
  PATH: process.env.PATH ?? '',
};

/** Runs Git in a directory and returns what it prints. */
export async function git(
  directory: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = gitEnvironment,
): Promise<string> {
  const { stdout } = await run('git', args, { cwd: directory, env, maxBuffer: 1e9 });
  return stdout.trim();
}
