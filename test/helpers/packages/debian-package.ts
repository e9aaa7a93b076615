import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');

/** The paths of packages. */
export interface DebianPackages {
  /** This version, with its own Node.js. */
  current: string;
  /** What a later version would be. */
  next: string;
  /** This version, without Node.js. */
  withDebianNode: string;
}

/** Builds the packages of this tree, whose programs must be built. Writes that of the next version to `directory`. */
export async function buildPackages(directory: string): Promise<DebianPackages> {
  const current = await buildPackage('bundled');
  const [next, withDebianNode] = await Promise.all([nextVersion(current, directory), buildPackage('debian')]);
  return { current, next, withDebianNode };
}

/** Builds the package with its own Node.js, or for that of Debian, and returns its path. */
export async function buildPackage(node: 'bundled' | 'debian'): Promise<string> {
  const { stdout } = await run(process.execPath, [join(root, 'scripts/packages/deb.mjs'), '--node', node], {
    cwd: root,
  });
  return join(root, stdout.trim());
}

/** Makes the package that a later version would be: with its version, and with a changed file of settings. Writes it to `directory`. */
async function nextVersion(file: string, directory: string): Promise<string> {
  const tree = await mkdtemp(join(tmpdir(), 'tokensd-next-'));
  try {
    await run('dpkg-deb', ['--raw-extract', file, tree]);
    const control = join(tree, 'DEBIAN/control');
    await writeFile(control, (await readFile(control, 'utf8')).replace(/^Version: .*$/m, 'Version: 99.0.0'));
    const settings = join(tree, 'etc/default/tokensd');
    await writeFile(
      settings,
      `${await readFile(settings, 'utf8')}\n# A setting of the next version.\n#TOKENSD_NEXT=1\n`,
    );
    await run('dpkg-deb', ['-Znone', '--root-owner-group', '--build', tree, directory]);
    const [name] = (await readdir(directory)).filter((entry) => entry.includes('_99.0.0_'));
    if (name === undefined) throw new Error('dpkg-deb wrote no package.');
    return join(directory, name);
  } finally {
    await rm(tree, { recursive: true });
  }
}
