import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const requireHere = createRequire(import.meta.url);
const { version, engines } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));

// What is slow to load and rarely or late needed: a file each, loaded when it is.
const late = [
  'cli/api/undici.ts',
  'cli/commands/doctor/examine.ts',
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
const lateFile = (name) => name.replace(/^.*\//, '').replace(/\.ts$/, '');

// CommonJS, because Node starts it faster: an ES module's import of `node:fs` alone loads every stream there is.
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
await build({
  ...options,
  stdin: {
    contents: "export { main } from './cli/main.ts'; export { realContext } from './cli/real-context.ts';",
    resolveDir: root,
  },
  outfile: 'dist/cli/main.cjs',
  inject: ['cli/api/header-fields.ts'],
  plugins: [keepLate(), withoutUnused(), loadAtUse()],
});
for (const name of late) {
  // A default export becomes the module itself, as whoever imports it from CommonJS expects.
  const path = JSON.stringify(name.startsWith('cli/') ? `./${name}` : name);
  const contents = `const it = require(${path}); module.exports = 'default' in it ? Object.assign(it.default, it) : it;`;
  await build({
    ...options,
    stdin: { contents, resolveDir: root },
    outfile: `dist/cli/${lateFile(name)}.cjs`,
    plugins: [withoutUnused()],
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

await keepCompiled();

// The compiler leaves the console's stylesheet, script and icon behind.
await cp(
  new URL('../server/web/shell/assets', import.meta.url),
  new URL('../dist/server/web/shell/assets', import.meta.url),
  {
    recursive: true,
  },
);

/** Leaves what is loaded late to its own file. */
function keepLate() {
  const names = late.map((name) => (name.startsWith('cli/') ? `./${lateFile(name)}.ts` : name));
  return {
    name: 'late',
    setup({ onResolve }) {
      onResolve({ filter: /.*/ }, ({ path }) =>
        names.includes(path) ? { path: `./${lateFile(path)}.cjs`, external: true } : undefined,
      );
    },
  };
}

/**
 * Modules of Node's that are loaded for something that is not used here: commander's subcommands in programs of their own,
 * and HTTP/2, which undici can do without.
 */
function withoutUnused() {
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

/** Modules of Node's that only some commands use: loaded when something of theirs is. */
function loadAtUse() {
  const atUse = ['node:fs/promises', 'node:zlib'];
  return {
    name: 'at-use',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^node:/ }, ({ path, namespace }) => {
        if (!atUse.includes(path)) return undefined;
        return namespace === 'at-use' ? { path, external: true } : { path, namespace: 'at-use' };
      });
      onLoad({ filter: /.*/, namespace: 'at-use' }, ({ path }) => {
        const getters = Object.keys(requireHere(path)).map(
          (name) => `get ${name}() { return require('${path}').${name}; }`,
        );
        return { contents: `module.exports = { ${getters.join(', ')} };` };
      });
    },
  };
}

/** V8's compiled code of each file, as far as help and loading need it: Node 20 has no compile cache of its own. */
async function keepCompiled() {
  const { requireCached } = requireHere('../bin/cached.js');
  const directory = `${root}dist/cli`;
  const files = (await readdir(directory))
    .filter((name) => name.endsWith('.cjs'))
    .map((name) => `${directory}/${name}`);
  for (const file of files) await writeFile(`${file}.cache`, '');
  const scripts = new Map();
  const keep = (path, script) => scripts.set(path, script);
  const { main, realContext } = requireCached(
    files.find((file) => file.endsWith('/main.cjs')),
    keep,
  );
  const silent = { isTTY: false, columns: 80, write: async () => {} };
  for (const words of [['--help'], ['create', '--help']]) {
    await main(words, { ...realContext(), stdout: silent, stderr: silent });
  }
  for (const file of files) if (!scripts.has(file)) requireCached(file, keep);
  for (const [path, script] of scripts) await writeFile(`${path}.cache`, script.createCachedData());
}
