import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/**
 * Installs a version of Node.js from the npm package `node`, unless it is there, and returns the directory of its binary.
 * @param version Such as `24` for the newest 24, or `24.21.0`
 * @throws Error if npm cannot install it, or if the package contains another version
 */
export function installNode(version) {
  const prefix = join(root, 'node_modules/.cache/node', version);
  const install = [
    'install',
    '--prefix',
    prefix,
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    `node@${version}`,
  ];
  if (spawnSync('npm', install, { stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0)
    throw new Error(`Cannot install node@${version}.`);
  const directory = join(prefix, 'node_modules/node/bin');
  const found = spawnSync(join(directory, 'node'), ['--version'], { encoding: 'utf8' }).stdout.trim();
  if (!`${found}.`.startsWith(`v${version}.`)) throw new Error(`The npm package node@${version} contains "${found}".`);
  return directory;
}
