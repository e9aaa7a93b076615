import { chmod, lstat, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestCliWithApp } from '../../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let directory: string;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  directory = await mkdtemp(join(tmpdir(), 'tokens-export-'));
});
afterEach(async () => {
  await cli.close();
  await rm(directory, { recursive: true, force: true });
});

const exportTo = async (path: string) =>
  expect(await cli.run(['export', '-f', path], cli.as(cli.app.root))).toMatchObject({ code: 0 });
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('the file of tokens export', () => {
  it('can be read by its owner only, because it may hold secret URLs', async () => {
    const path = join(directory, 'new.yaml');
    await exportTo(path);
    expect(await modeOf(path)).toBe(0o600);
  });

  it.each([0o600, 0o640, 0o664])('keeps the mode %o', async (mode) => {
    const path = join(directory, 'present.yaml');
    await writeFile(path, 'old');
    await chmod(path, mode);
    await exportTo(path);
    expect(await modeOf(path)).toBe(mode);
    expect(await readFile(path, 'utf8')).toContain('members:');
  });

  it('is the target of a link, which stays', async () => {
    const [path, link] = [join(directory, 'target.yaml'), join(directory, 'link.yaml')];
    await writeFile(path, 'old');
    await symlink(path, link);
    await exportTo(link);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await readFile(path, 'utf8')).toContain('members:');
  });
});
