import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestCli, type TestCli } from '../../helpers/cli/cli.ts';
import { git, gitEnvironment, newDirectory, newValue } from '../../helpers/scan/values.ts';

let cli: TestCli;
beforeAll(async () => {
  cli = await openTestCli({ env: gitEnvironment });
});
afterAll(() => cli.close());

/** Creates a repository with a value in each of these files, besides those with another text. Adds the tracked ones by force. */
async function newRepository(directory: string, tracked: readonly string[], files: Record<string, string | null>) {
  await mkdir(directory, { recursive: true });
  await git(directory, ['init', '--quiet', '--initial-branch=main']);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text ?? newValue());
  }
  await git(directory, ['add', '--force', '--', ...tracked]);
}

async function scan(directory: string, more: Record<string, string> = {}, ...args: string[]) {
  const ran = await cli.run(['scan', directory, '--offline', '--json', ...args], {
    env: { ...gitEnvironment, ...more },
  });
  const items: Array<{ file: string }> = JSON.parse(ran.stdout);
  return { ...ran, files: items.map(({ file }) => file.slice(directory.length + 1)).sort() };
}

const ignoring = { '.gitignore': '*.log\n/build/\n' };
const ignored = { 'a.log': null, 'b.log': null, 'build/x/a': null, 'build/x/b': null, 'src/c.log': null };

it('searches the files that Git has although it ignores them', async () => {
  const directory = await newDirectory();
  const tracked = ['a.log', 'build/x/a', 'src/c.log'];
  await newRepository(directory, tracked, { ...ignoring, ...ignored });
  expect((await scan(directory)).files).toEqual(tracked);
  expect((await scan(join(directory, 'src'))).files).toEqual(['c.log']);
  expect((await scan(directory, {}, '--no-ignore')).files).toEqual(Object.keys(ignored).sort());
  // In a hook, Git points all its commands to one repository.
  const other = { GIT_DIR: join(await newDirectory(), 'none'), GIT_WORK_TREE: '/', GIT_INDEX_FILE: '/none' };
  expect((await scan(directory, other)).files).toEqual(tracked);
});

it('searches a file once if only the configuration of the user ignores it', async () => {
  const directory = await newDirectory();
  await newRepository(directory, ['a.log'], { 'a.log': null });
  const config = join(directory, 'config');
  await writeFile(config, `[core]\nexcludesFile = ${join(directory, 'ignored')}\n`);
  await writeFile(join(directory, 'ignored'), '*.log\n');
  expect((await scan(directory, { GIT_CONFIG_GLOBAL: config })).files).toEqual(['a.log']);
});

it('applies its own rules to a repository inside another one, and searches its tracked files', async () => {
  const directory = await newDirectory();
  await newRepository(directory, [], { ...ignoring, 'a.log': null });
  const inner = { '.gitignore': '*.txt\n', '.git/info/exclude': 'private\n' };
  await newRepository(join(directory, 'inner'), ['b.txt'], {
    ...inner,
    ...{ 'a.log': null, 'a.txt': null, 'b.txt': null, private: null },
  });
  expect((await scan(directory)).files).toEqual(['inner/a.log', 'inner/b.txt']);
});

it('reads no tracked file that is deleted or is a symbolic link now, and runs no program of the repository', async () => {
  const directory = await newDirectory();
  const ran = join(await newDirectory(), 'ran');
  await newRepository(directory, ['a.log', 'b.log', 'src/c.log'], { ...ignoring, ...ignored });
  await git(directory, ['config', 'core.fsmonitor', `touch ${ran};`]);
  await rm(join(directory, 'a.log'));
  await rm(join(directory, 'b.log'));
  await symlink('src/c.log', join(directory, 'b.log'));
  const { code, files, stderr } = await scan(directory);
  expect({ code, files }).toEqual({ code: 4, files: ['src/c.log'] });
  expect(stderr).not.toContain('warning');
  await expect(rm(ran)).rejects.toThrow('ENOENT');
});

it('warns if Git cannot list the files', async () => {
  const directory = await newDirectory();
  await newRepository(directory, ['a.log'], { ...ignoring, ...ignored });
  const without = await scan(directory, { PATH: '/nonexistent' });
  expect(without.stderr).toContain(
    `warning: Git cannot list the files in ${directory}/ that it has and ignores (there is no command git).`,
  );
  await writeFile(join(directory, '.git', 'index'), 'damaged');
  expect((await scan(directory)).stderr).toMatch(/^warning: Git cannot list the files in .* \(.*index.*\)\.$/m);
});
