import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestCli } from '../cli/cli.ts';
import { git, gitEnvironment, newDirectory } from './values.ts';

/** Creates an empty repository. `scan` runs `tokens scan` in it. */
export async function newRepository(cli: TestCli) {
  const directory = await newDirectory();
  await git(directory, ['init', '--quiet', '--initial-branch=main']);
  const env = { ...gitEnvironment, GIT_DIR: join(directory, '.git'), GIT_WORK_TREE: directory };
  return {
    directory,
    env,
    run: (...args: string[]) => git(directory, args),
    async write(path: string, content: string | Buffer) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), content);
      await git(directory, ['add', '--all']);
    },
    async commit(message = 'change') {
      await git(directory, ['commit', '--quiet', '--allow-empty', '--message', message]);
      return git(directory, ['rev-parse', 'HEAD']);
    },
    /** Returns the code, and `FILE:LINE:COL` of each finding. */
    async scan(...args: string[]) {
      const ran = await cli.run(['scan', '--offline', '--json', ...args], { env });
      const items: Array<{ file: string; line: number; column: number; commit?: string }> = JSON.parse(ran.stdout);
      return {
        code: ran.code,
        places: items.map(({ file, line, column }) => `${file}:${line}:${column}`),
        commits: items.map(({ commit }) => commit),
      };
    },
  };
}
