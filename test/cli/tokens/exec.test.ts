import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Context } from '../../../cli/context.ts';
import { openTestCliWithApp, type Surroundings } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let dev: Surroundings;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  dev = cli.as(cli.app.dev);
});
afterEach(() => cli.close());

type Run = Parameters<Context['runCommand']>;

/** Runs `tokens exec` without the network and returns its result and the commands that it started. */
async function exec(argv: string[], code = 0) {
  const runs: Run[] = [];
  const runCommand: Context['runCommand'] = async (...run) => {
    runs.push(run);
    return code;
  };
  const fetch = () => Promise.reject(new Error('used the network'));
  const ran = await cli.run(['exec', ...argv], { ...dev, runCommand, fetch });
  return { ran, runs };
}

it('runs the command with the value from the keychain, and returns its exit code', async () => {
  const value = (await cli.run(['create', 'CI', '--store'], dev)).stdout.trimEnd();
  const { ran, runs } = await exec(['ci', '--env', 'VALUE', '--', 'make', '--json', '-n'], 42);
  expect(ran).toEqual({ code: 42, stdout: '', stderr: '' });
  expect(runs).toHaveLength(1);
  const [words, env] = runs[0] as Run;
  expect(words).toEqual(['make', '--json', '-n']);
  expect(Object.entries(env).filter(([, text]) => text?.includes(value))).toEqual([['VALUE', value]]);
  expect((await exec([value.slice(0, 12), '--', 'make'])).runs).toHaveLength(1);
});

it('exits 3 and runs nothing without a stored value', async () => {
  const { ran, runs } = await exec(['ci', '--json', '--', 'make']);
  expect(ran).toMatchObject({ code: 3, stdout: '' });
  expect(JSON.parse(ran.stderr)).toMatchObject({ code: 'value-not-kept' });
  expect(JSON.parse(ran.stderr).detail).toMatch(/run `tokens create \S+ --store`, or `tokens rotate \S+ --store` if/);
  expect(runs).toEqual([]);
});

it('is a usage error without a command', async () => {
  expect((await exec(['ci'])).ran.code).toBe(2);
  expect((await exec(['ci', '--'])).ran.code).toBe(2);
});
