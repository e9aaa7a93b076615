import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';
import { transform } from 'esbuild';
import { root } from '../bundling.mjs';
import { fileOf, files, lazyModules } from './files.mjs';

const requireHere = createRequire(import.meta.url);

/** Built-in modules that are slow to load and that only some commands use. */
const deferred = [
  'node:fs/promises',
  'node:net',
  'node:stream',
  'node:timers/promises',
  'node:tty',
  'node:v8',
  'node:zlib',
];

/** Returns the path of a module below the root of the project, with slashes. */
export const moduleName = (path) => relative(root, path).replaceAll(sep, '/');

/** Returns the modules that this source imports on use and that have no file of their own. */
export function importsOnUse(source, path) {
  const names = [...source.matchAll(/\bimport\(["'](\.[^"']+)["']\)/g)].map(([, name]) =>
    moduleName(resolve(dirname(path), name)),
  );
  return names.filter((name) => !lazyModules.includes(name));
}

/** Returns the code that takes a module from the earlier file that contains it, or null. */
export function requireEarlier(name, fileOfModule) {
  return fileOfModule.has(name) ? `require('./${fileOfModule.get(name)}').modules['${name}']()` : null;
}

/**
 * Takes modules that another file contains from there, and requires built-in modules directly: esbuild would copy all their exports at each
 * import. `fileOfModule` has the names of the modules in earlier files. An import on use may also load a later file.
 */
export function takeFromOtherFiles(file, fileOfModule) {
  const names = Object.keys(files);
  const isLater = (other) => names.indexOf(other) > names.indexOf(file);
  const nameOf = (specifier, path) =>
    specifier.startsWith('.') ? moduleName(resolve(dirname(path), specifier)) : specifier;

  /** Returns the code that requires a module of another file or of Node, or null for a module of `file` itself. */
  function requireOther(specifier, path) {
    if (specifier.startsWith('node:')) return deferred.includes(specifier) ? null : `require('${specifier}')`;
    return requireEarlier(nameOf(specifier, path), fileOfModule);
  }

  /** Returns the code that replaces an import on use. */
  function loadOnUse(specifier, path) {
    const name = nameOf(specifier, path);
    if (lazyModules.includes(name)) return `import('${specifier}')`;
    const other = names.find((one) => files[one].includes(name)) ?? names.at(-1);
    const later = isLater(other) && !fileOfModule.has(name) ? `require('./${other}').modules['${name}']()` : null;
    return `Promise.resolve().then(() => ${later ?? requireOther(specifier, path) ?? `require('${specifier}')`})`;
  }

  return {
    name: 'other-files',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^\.\/\w+\.cjs$/ }, ({ path }) =>
        names.includes(path.slice(2)) ? { path, external: true } : undefined,
      );
      onLoad({ filter: /[\\/](?:cli|shared)[\\/].*\.ts$/ }, async ({ path }) => {
        const { code } = await transform(await readFile(path, 'utf8'), { loader: 'ts' });
        const contents = code
          .replace(/^import (?:\* as )?([^"]+?) from "([^"]+)";$/gms, (whole, imported, specifier) => {
            const required = requireOther(specifier, path);
            return required === null ? whole : `const ${imported.replaceAll(' as ', ': ')} = ${required};`;
          })
          .replace(/\bimport\("(\.[^"]+)"\)/g, (_, specifier) => loadOnUse(specifier, path));
        return { contents };
      });
    },
  };
}

/** Replaces imports of lazy modules with imports of their files. */
export function splitLazyModules() {
  return {
    name: 'lazy-modules',
    setup({ onResolve }) {
      onResolve({ filter: /.*/ }, ({ path, resolveDir, kind }) => {
        const name = path.startsWith('.') ? moduleName(resolve(resolveDir, path)) : path;
        return lazyModules.includes(name) ? outside(`./${fileOf(name)}`, kind) : undefined;
      });
    },
  };
}

/** Resolves an import of a file outside of the bundle. ES modules load what they import first, so the module that imports it requires it. */
function outside(path, kind) {
  return kind === 'import-statement' ? { path, namespace: 'required' } : { path, external: true };
}

/** Loads each built-in module and each lazy module when the first module that imports it runs. */
export function requireOutside() {
  return {
    name: 'outside',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /.*/, namespace: 'required' }, ({ path }) => ({ path, external: true }));
      onResolve({ filter: /^node:/, namespace: 'file' }, ({ path, kind }) => outside(path, kind));
      onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
        contents: `module.exports = require('${path}');`,
      }));
    },
  };
}

/** Delays loading built-in modules that only some commands use until one of their exports is accessed. */
export function deferBuiltins() {
  return {
    name: 'deferred',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^node:/ }, ({ path, namespace }) => {
        if (!deferred.includes(path)) return undefined;
        return namespace === 'deferred' ? { path, external: true } : { path, namespace: 'deferred' };
      });
      onLoad({ filter: /.*/, namespace: 'deferred' }, ({ path }) => {
        const getters = Object.keys(requireHere(path)).map(
          (name) => `get ${name}() { return require('${path}').${name}; }`,
        );
        return { contents: `module.exports = { ${getters.join(', ')} };` };
      });
    },
  };
}
