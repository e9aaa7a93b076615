import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installFromNpm } from './node-from-npm.mjs';

const root = join(import.meta.dirname, '..', '..');

/**
 * The Node.js in the packages, by processor architecture: the SHA-256 of `bin/node` in the npm package `node-linux-ARCH` of this version.
 * That package is the one from which the npm package `node` takes its binary. From 26 on, the binary needs libatomic, which a bare Debian
 * does not have.
 */
export const packagedNode = {
  version: '24.21.0',
  hashes: {
    x64: '7fde7b8afa198da66257f42ee2001d874c7355631e6d1579a5fb5ef1f246df4c',
    arm64: '0f8949d1028f6d61506b2d5bc57e7e6fe893d7b1997509b7847294fc9c616584',
  },
};

/**
 * Installs the Node.js of the packages, unless it is there, and returns the paths of its binary and of its license. npm runs no script
 * of the package, so nothing but this binary can come from it.
 * @throws Error if npm cannot install it, or if the binary has another hash
 */
export function installPackagedNode() {
  const { version, hashes } = packagedNode;
  const name = `node-${process.platform}-${process.arch}`;
  const hash = process.platform === 'linux' ? hashes[process.arch] : undefined;
  if (hash === undefined) throw new Error(`Packages cannot be built here, because the hash of ${name} is not known.`);
  const directory = join(root, 'node_modules/.cache/packaged-node', `${name}-${version}`);
  const binary = join(directory, 'bin/node');
  if (!existsSync(binary)) installInto(directory, name, hash);
  requireHash(binary, hash);
  return { binary, license: join(directory, 'LICENSE') };
}

/** Installs beside the directory first, so that another process never sees half of it. */
function installInto(directory, name, hash) {
  mkdirSync(join(directory, '..'), { recursive: true });
  const work = mkdtempSync(`${directory}-`);
  try {
    installFromNpm(work, `${name}@${packagedNode.version}`, ['--ignore-scripts']);
    const installed = join(work, 'node_modules', name);
    requireHash(join(installed, 'bin/node'), hash);
    if (!existsSync(directory)) renameSync(installed, directory);
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** @throws Error if the SHA-256 of a file is not the given one */
export function requireHash(path, hash) {
  const found = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (found !== hash)
    throw new Error(`${path} is not the Node.js of the packages: its SHA-256 is ${found}, not ${hash}.`);
}
