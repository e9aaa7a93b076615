// Refuses to pack examples/ if it differs from the commit: a file edited in place may contain a password. `npm pack` runs this.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** Ends the process with an error if examples/ has changes, or files that Git does not know. Without Git, there is nothing to compare. */
export function checkExamples() {
  const words = ['status', '--porcelain', '--ignored', '--untracked-files=all', '--', 'examples'];
  const { status, stdout } = spawnSync('git', words, { cwd: root, encoding: 'utf8' });
  if (status !== 0 || stdout === '') return;
  process.stderr.write(
    `These files differ from the commit, and the package would contain them:\n${stdout}Commit or restore them first.\n`,
  );
  process.exit(1);
}

if (process.argv[1] === import.meta.filename) checkExamples();
