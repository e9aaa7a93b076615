import { cp, readFile, rm } from 'node:fs/promises';
import module, { createRequire } from 'node:module';
import { relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { writeCompiledCode } from './compiled-code.mjs';

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

await rm(new URL('../dist/cli', import.meta.url), { recursive: true, force: true });
const { metafile } = await build({
  ...options,
  metafile: true,
  stdin: {
    contents: [
      "export { main } from './cli/main.ts';",
      "export { createProgram } from './cli/program.ts';",
      "export { realContext } from './cli/real-context.ts';",
      "export { runProcess } from './cli/run-process.ts';",
    ].join('\n'),
    resolveDir: root,
  },
  outfile: 'dist/cli/main.cjs',
  inject: ['cli/api/transport/header-fields.ts'],
  plugins: [splitLazyModules(), omitUnusedBuiltins(), deferBuiltins()],
});
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

/** Replaces imports of lazy modules with imports of their files. */
function splitLazyModules() {
  return {
    name: 'lazy-modules',
    setup({ onResolve }) {
      onResolve({ filter: /.*/ }, ({ path, resolveDir }) => {
        const name = path.startsWith('.') ? relative(root, resolve(resolveDir, path)).replaceAll(sep, '/') : path;
        return lazyModules.includes(name) ? { path: `./${fileNameOf(name)}.cjs`, external: true } : undefined;
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

/** Delays loading built-in modules that only some commands use until one of their exports is accessed. */
function deferBuiltins() {
  const deferred = ['node:fs/promises', 'node:zlib'];
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
