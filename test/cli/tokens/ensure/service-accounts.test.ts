import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Token } from '../../../../shared/schemas/tokens/tokens.ts';
import { verdict } from '../../../helpers/app/app.ts';
import { createServiceAccount } from '../../../helpers/app/service-accounts.ts';
import { openTestCliWithApp, type Surroundings } from '../../../helpers/cli/cli.ts';

const day = 24 * 3_600_000;

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokens-ensure-'));
  file = join(directory, 'token');
  cli = await openTestCliWithApp({});
  for (const name of ['ci', 'other']) await createServiceAccount(cli.app, name, { maintainers: [cli.app.dev] });
});
afterEach(async () => {
  await cli.close();
  await rm(directory, { recursive: true });
});

const signedIn = async (): Promise<Surroundings> => ({
  env: { TOKENS_SESSION: await cli.app.signIn(cli.app.dev.id) },
});
const ensure = async (...argv: string[]) =>
  cli.run(['ensure', 'deploy', '--out', file, '--json', ...argv], await signedIn());
const list = async (...argv: string[]): Promise<Token[]> =>
  JSON.parse((await cli.run(['list', '--json', ...argv], await signedIn())).stdout);
const value = async () => (await readFile(file, 'utf8')).trimEnd();

describe('tokens ensure --service-account', () => {
  it('creates the token of the service account once, and rotates it later', async () => {
    expect(JSON.parse((await ensure('-s', 'ci')).stdout)).toMatchObject({ action: 'created', name: 'deploy' });
    expect(await list('-s', 'ci')).toMatchObject([{ name: 'deploy', owner: 'service-account:ci' }]);
    expect(await list()).toEqual([]);
    const first = await value();
    expect(await verdict(cli.app, first)).toBe(200);
    expect(JSON.parse((await ensure('--service-account', 'ci')).stdout)).toMatchObject({ action: 'none' });
    expect(await value()).toBe(first);
    cli.app.clock.advance(80 * day);
    expect(JSON.parse((await ensure('-s', 'ci')).stdout)).toMatchObject({ action: 'rotated' });
    expect(await value()).not.toBe(first);
    expect(await verdict(cli.app, await value())).toBe(200);
    expect(await list('-s', 'ci')).toHaveLength(1);
  });

  it('keeps a file that holds a token of another service account', async () => {
    await ensure('-s', 'ci');
    const before = await value();
    const { code, stdout, stderr } = await ensure('-s', 'other');
    expect([code === 0, stdout]).toEqual([false, '']);
    expect(stderr).toContain('holds the value of a token of service-account:ci, not of the service account other.');
    expect(await value()).toBe(before);
    expect(await list('-s', 'other')).toEqual([]);
  });

  it('creates nothing for a service account that the member does not maintain', async () => {
    await createServiceAccount(cli.app, 'foreign');
    const { code, stdout } = await ensure('-s', 'foreign');
    expect([code === 0, stdout]).toEqual([false, '']);
    await expect(value()).rejects.toThrow('ENOENT');
  });
});
