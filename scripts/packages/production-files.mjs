import { cpSync, existsSync, readFileSync } from 'node:fs';
import { basename, join, sep } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** What native packages need only to compile themselves. */
const buildTools = ['node-addon-api', 'node-gyp', 'prebuild-install', 'tar'];

/** Copies what both programs need at run time to a directory: the built code, the production packages and the licenses. */
export function copyProductionFiles(target) {
  for (const name of ['LICENSE', 'package.json']) cpSync(join(root, name), join(target, name));
  cpSync(join(root, 'bin'), join(target, 'bin'), { recursive: true });
  // Node 20 alone loads the `.cache` files. A package has one file with all licenses.
  const filter = (file) => !/\.cache$|LICENSES$/.test(file);
  for (const name of ['cli', 'server'])
    cpSync(join(root, 'dist', name), join(target, 'dist', name), { recursive: true, filter });
  for (const path of productionPackages()) copyPackage(path, target);
}

/** Returns the directories of the installed packages that the lock file names as used at run time, such as `node_modules/hono`. */
export function productionPackages() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const found = new Set();
  const visit = (path, name) => {
    const place = resolvePackage(packages, path, name);
    if (place === undefined || found.has(place) || !existsSync(join(root, place))) return;
    found.add(place);
    visitAll(place);
  };
  const visitAll = (path) => {
    const { dependencies = {}, optionalDependencies = {} } = packages[path];
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies }))
      if (!buildTools.includes(name)) visit(path, name);
  };
  visitAll('');
  return [...found].sort();
}

/** Returns where Node.js finds a package that the code in `from` imports: in the nearest `node_modules`. */
function resolvePackage(packages, from, name) {
  for (let path = from; ; path = path.slice(0, Math.max(0, path.lastIndexOf('node_modules') - 1))) {
    const place = [path, 'node_modules', name].filter(Boolean).join('/');
    if (place in packages) return place;
    if (path === '') return undefined;
  }
}

function copyPackage(path, target) {
  const source = join(root, path);
  const isNative = existsSync(join(source, 'build/Release'));
  const filter = (file) => isNeeded(file.slice(source.length + 1), isNative);
  cpSync(source, join(target, path), { recursive: true, dereference: true, filter });
}

/** Folders of a package that no code imports. */
const idleFolders = ['bench', 'benchmark', 'bin', 'docs', 'example', 'examples', 'test', 'tests'];

/** Whether a file or folder of a package is needed at run time. Native sources, types, source maps, manuals and web pages are not. */
function isNeeded(path, isNative) {
  const [first, second, ...rest] = path.split(sep);
  if (path.split(sep).includes('node_modules') || first.startsWith('.')) return false;
  if (idleFolders.includes(first) || (isNative && ['deps', 'src'].includes(first))) return false;
  if (isNative && first === 'build' && second !== undefined)
    return second === 'Release' && (rest.length === 0 || (rest.length === 1 && rest[0].endsWith('.node')));
  return /^licen[cs]e/i.test(basename(path)) || !/\.(?:[cm]?ts|map|cc|c|h|hpp|gyp|gypi|md|html)$/.test(path);
}
