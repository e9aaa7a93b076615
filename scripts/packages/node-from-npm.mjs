import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** The version of Node.js in the packages. From 26 on, its binary needs libatomic, which a bare Debian does not have. */
export const packagedNode = '24.21.0';

/**
 * Installs a version of Node.js from the npm package `node`, unless it is there, and returns the directory of its binary.
 * @param version Such as `24` for the newest 24, or `24.21.0`
 * @throws Error if npm cannot install it, or if the package contains another version
 */
export function installNode(version) {
  const prefix = prefixOf(version);
  const directory = join(prefix, 'node_modules/node/bin');
  // A version such as 24 may have a newer release since.
  if (/^\d+\.\d+\.\d+$/.test(version) && versionOf(directory) === `v${version}`) return directory;
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
  const found = versionOf(directory);
  if (!`${found}.`.startsWith(`v${version}.`)) throw new Error(`The npm package node@${version} contains "${found}".`);
  return directory;
}

/** Returns the file with the license of a version that `installNode` has installed. */
export function nodeLicense(version) {
  const platform = `node-${process.platform}-${process.arch}`;
  return join(prefixOf(version), 'node_modules/node/node_modules', platform, 'LICENSE');
}

function prefixOf(version) {
  return join(root, 'node_modules/.cache/node', version);
}

/** Returns the version of the binary in a directory, or undefined if there is none. */
function versionOf(directory) {
  return spawnSync(join(directory, 'node'), ['--version'], { encoding: 'utf8' }).stdout?.trim();
}
