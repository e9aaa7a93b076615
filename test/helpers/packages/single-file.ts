import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..', '..', '..');

/** Builds the command line as a single file from this tree, whose programs must be built, and returns its path. */
export async function buildSingleFile(): Promise<string> {
  const script = join(root, 'scripts/packages/cli.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script], { cwd: root });
  return join(root, stdout.trim());
}
