import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/**
 * Installs a version of Node.js for tests from the npm package `node`, unless it is there, and returns the directory of its binary.
 * Packages contain another, whose hash is known: see packaged-node.mjs.
 * @param version Such as `24` for the newest 24, or `24.21.0`
 * @throws Error if npm cannot install it, or if the package contains another version
 */
export function installNode(version) {
  const prefix = join(root, 'node_modules/.cache/node', version);
  const directory = join(prefix, 'node_modules/node/bin');
  // A version such as 24 may have a newer release since.
  if (/^\d+\.\d+\.\d+$/.test(version) && versionOf(directory) === `v${version}`) return directory;
  installFromNpm(prefix, `node@${version}`);
  const found = versionOf(directory);
  if (!`${found}.`.startsWith(`v${version}.`)) throw new Error(`The npm package node@${version} contains "${found}".`);
  return directory;
}

/**
 * Installs an npm package below a directory.
 * @param options More options of `npm install`
 * @throws Error if npm cannot install it
 */
export function installFromNpm(prefix, name, options = []) {
  const quiet = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const install = ['install', '--prefix', prefix, ...quiet, ...options, name];
  if (spawnSync('npm', install, { stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0)
    throw new Error(`Cannot install ${name}.`);
}

/** Returns the version of the binary in a directory, or undefined if there is none. */
function versionOf(directory) {
  return spawnSync(join(directory, 'node'), ['--version'], { encoding: 'utf8' }).stdout?.trim();
}
