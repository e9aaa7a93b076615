import { readFileSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import module, { createRequire } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { writeCompiledCode } from './compiled-code.mjs';
import { removeStaleFiles } from './stale-files.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const requireHere = createRequire(import.meta.url);
const { version, engines } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));

// Modules that are slow to load and that few commands need. Each becomes its own file, which is loaded on first use.
const lazyModules = [
  'cli/api/transport/undici.ts',
  'cli/commands/doctor/examine.ts',
  'cli/commands/users/adding/parse-members.ts',
  'cli/organization/file/document.ts',
  'cli/scan/scan.ts',
  '@inquirer/prompts',
  'chalk',
  'cli-table3',
  'cli-truncate',
  'oauth4webapi',
  'open',
  'proper-lockfile',
  'string-width',
  'uqr',
];
/** Loading it takes longer than most commands. `cli/api/shape.ts` checks responses instead. */
const neverLoaded = 'node_modules/zod/';
/** The files that every command runs. */
const startFiles = ['cli/main.ts', 'cli/program.ts', 'cli/real-context.ts'];
const fileNameOf = (name) => name.replace(/^.*\//, '').replace(/\.ts$/, '');

// CommonJS, because Node starts it faster: an ES module that imports `node:fs` loads all of Node's streams.
const options = {
  absWorkingDir: root,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: `node${engines.node.replace('>=', '')}`,
  supported: { 'dynamic-import': false },
  minify: true,
  define: { TOKENS_VERSION: JSON.stringify(version), 'import.meta.url': 'thisFileUrl' },
  banner: { js: "const thisFileUrl = require('node:url').pathToFileURL(__filename).href;" },
  logLevel: 'warning',
};

removeStaleFiles(root);
await rm(new URL('../dist/cli', import.meta.url), { recursive: true, force: true });
// Several files, so that `--help` reads little: what every command runs, and the rest. esbuild splits ES modules only.
const { metafile, outputFiles } = await build({
  ...options,
  format: 'esm',
  splitting: true,
  supported: {},
  banner: {},
  minify: false,
  metafile: true,
  write: false,
  stdin: {
    contents: [
      "export { main } from './cli/main.ts';",
      "export { createProgram } from './cli/program.ts';",
      "export { realContext } from './cli/real-context.ts';",
      "export { runProcess } from './cli/run-process.ts';",
    ].join('\n'),
    resolveDir: root,
    sourcefile: 'main',
  },
  outdir: 'dist/cli',
  entryNames: 'main',
  chunkNames: '[name]',
  outExtension: { '.js': '.cjs' },
  inject: ['cli/api/transport/header-fields.ts'],
  plugins: [splitLazyModules(), gatherLaterImports(), omitUnusedBuiltins(), deferBuiltins(), requireOutside()],
});
for (const { path, text } of outputFiles) {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: options.target,
    supported: options.supported,
    minify: options.minify,
    banner: options.banner.js,
  });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, code);
}
const eager = lazyModules.filter((name) => name in metafile.inputs);
if (eager.length > 0) throw new Error(`These modules are loaded at every start: ${eager.join(', ')}.`);
const importers = Object.entries(metafile.inputs).filter(
  ([name, { imports }]) => !name.startsWith(neverLoaded) && imports.some(({ path }) => path.startsWith(neverLoaded)),
);
if (importers.length > 0)
  throw new Error(`These files load zod at every start: ${importers.map(([name]) => name).join(', ')}.`);
for (const name of lazyModules) {
  // CommonJS callers expect the default export to be the module itself.
  const path = JSON.stringify(name.startsWith('cli/') ? `./${name}` : name);
  const contents = `const it = require(${path}); module.exports = 'default' in it ? Object.assign(it.default, it) : it;`;
  await build({
    ...options,
    stdin: { contents, resolveDir: root },
    outfile: `dist/cli/${fileNameOf(name)}.cjs`,
    plugins: [omitUnusedBuiltins()],
  });
}
await build({
  ...options,
  format: 'esm',
  supported: {},
  banner: {},
  define: {},
  entryPoints: ['cli/credentials/keychain-process.ts'],
  outfile: 'dist/cli/keychain-process.js',
});

// Node 20 alone has no compile cache of its own.
if (!('enableCompileCache' in module)) await writeCompiledCode(`${root}dist/cli`);

// The TypeScript compiler does not copy the console's stylesheet, script and icon.
await cp(
  new URL('../server/web/shell/assets', import.meta.url),
  new URL('../dist/server/web/shell/assets', import.meta.url),
  {
    recursive: true,
  },
);

/**
 * Puts every module that is imported on use into one file, `rest`, where it still runs on first use. Among each other, these modules need no
 * file of their own either.
 */
function gatherLaterImports() {
  return {
    name: 'later-imports',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: /^rest$/ }, () => ({ path: 'rest', namespace: 'rest' }));
      onLoad({ filter: /.*/, namespace: 'rest' }, () => {
        const loaders = [...new Set(startFiles.flatMap(importsOnUse))].map(
          (name) => `'${name}': () => require('./${name}')`,
        );
        return { contents: `export const load = { ${loaders.join(', ')} };`, resolveDir: root };
      });
      onLoad({ filter: /[\\/]cli[\\/].*\.ts$/ }, async ({ path }) => {
        const { code } = await transform(await readFile(path, 'utf8'), { loader: 'ts' });
        const isStart = startFiles.includes(relative(root, path).replaceAll(sep, '/'));
        const contents = code.replace(/\bimport\("(\.[^"]+)"\)/g, (whole, name) => {
          const imported = relative(root, resolve(dirname(path), name)).replaceAll(sep, '/');
          if (lazyModules.includes(imported)) return whole;
          return isStart
            ? `import('rest').then(({ load }) => load['${imported}']())`
            : `Promise.resolve().then(() => require('${name}'))`;
        });
        return { contents };
      });
    },
  };
}

/** Returns the modules that a file imports on use. */
function importsOnUse(file) {
  const source = readFileSync(`${root}/${file}`, 'utf8');
  const names = [...source.matchAll(/\bimport\('(\.[^']+)'\)/g)].map(([, name]) =>
    relative(root, resolve(root, dirname(file), name)).replaceAll(sep, '/'),
  );
  return names.filter((name) => !lazyModules.includes(name));
}

/** Replaces imports of lazy modules with imports of their files. */
function splitLazyModules() {
  return {
    name: 'lazy-modules',
    setup({ onResolve }) {
      onResolve({ filter: /.*/ }, ({ path, resolveDir, kind }) => {
        const name = path.startsWith('.') ? relative(root, resolve(resolveDir, path)).replaceAll(sep, '/') : path;
        return lazyModules.includes(name) ? outside(`./${fileNameOf(name)}.cjs`, kind) : undefined;
      });
    },
  };
}

/**
 * Replaces built-in modules that dependencies load only for unused features with empty modules. The features are
 * commander's subcommands in separate programs, and undici's HTTP/2.
 */
function omitUnusedBuiltins() {
  const unused = { commander: 'node:child_process', undici: 'node:http2' };
  return {
    name: 'unused',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^node:/ }, ({ path, importer }) => {
        const [, name] = /node_modules.([^/\\]+)/.exec(importer) ?? [];
        return unused[name] === path ? { path, namespace: 'unused' } : undefined;
      });
      onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'exports.constants = {};' }));
    },
  };
}

/** Resolves an import of a file outside of the bundle. ES modules load what they import first, so the module that imports it requires it. */
function outside(path, kind) {
  return kind === 'import-statement' ? { path, namespace: 'required' } : { path, external: true };
}

/** Loads each built-in module and each lazy module when the first module that imports it runs. */
function requireOutside() {
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
function deferBuiltins() {
  const deferred = ['node:fs/promises', 'node:stream', 'node:timers/promises', 'node:tty', 'node:zlib'];
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
