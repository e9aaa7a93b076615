import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { omitUnused, root } from '../bundling.mjs';
import { licenseTextsOf } from '../packages/licenses.mjs';
import { fileOf, files, lazyModules } from './files.mjs';
import { options } from './options.mjs';
import {
  deferBuiltins,
  importsOnUse,
  requireEarlier,
  requireOutside,
  splitLazyModules,
  takeFromOtherFiles,
} from './plugins.mjs';

/** Loading it takes longer than most commands. `cli/api/shape.ts` checks responses instead. */
const neverLoaded = 'node_modules/zod/';

/** commander starts subcommands that are separate programs, and undici speaks HTTP/2. See `omitUnused`. */
const unused = { commander: 'node:child_process', undici: 'node:http2' };

/** Builds the command line into `dist/cli`. */
export async function buildCommandLine() {
  await buildFiles();
  const inputs = await buildFiles({ TOKENS_HELP: JSON.stringify(printedHelp()) });
  for (const name of lazyModules) inputs.push(...(await buildLazyModule(name)));
  await build({
    ...options,
    format: 'esm',
    supported: {},
    banner: {},
    define: {},
    entryPoints: ['cli/credentials/keychain-process.ts'],
    outfile: 'dist/cli/keychain-process.js',
  });
  await writeFile(`${root}dist/cli/LICENSES`, licenseTextsOf(inputs));
}

/** Returns the help that the built program prints. Without the variables of this process, because some change how Node and the program run. */
function printedHelp() {
  // Not through `bin/tokens.js`, which writes a compile cache into the home directory.
  const script = `require(${JSON.stringify(`${root}dist/cli/main.cjs`)}).runProcess();`;
  return execFileSync(process.execPath, ['--eval', script, 'tokens', '--help'], { encoding: 'utf8', env: {} });
}

/** Builds the files that take modules from each other, and returns the paths of all their parts. They may use the constants in `defined`. */
async function buildFiles(defined = {}) {
  /** The earlier file of each module that later files take from there. */
  const fileOfModule = new Map();
  const listedModules = Object.values(files).flat();
  const others = new Set();
  const allInputs = [];
  for (const [file, listed] of Object.entries(files)) {
    const isRest = file === Object.keys(files).at(-1);
    const entries = isRest ? [...others] : listed;
    const { inputs } = await buildFile(file, entries, fileOfModule, { write: false });
    rejectSlowModules(inputs);
    allInputs.push(...Object.keys(inputs));
    const shared = sharedModules(inputs);
    await buildFile(file, isRest ? entries : shared, fileOfModule, { define: { ...options.define, ...defined } });
    for (const name of await modulesUsedBy(shared)) if (!listedModules.includes(name)) others.add(name);
    for (const name of shared) {
      // Two copies of a class would not recognize each other's instances.
      if (fileOfModule.has(name)) throw new Error(`${name} is in ${fileOfModule.get(name)} and in ${file}.`);
      fileOfModule.set(name, file);
    }
  }
  return allInputs;
}

/** Returns the modules that these import on use. */
async function modulesUsedBy(names) {
  const paths = names.filter((name) => name.endsWith('.ts')).map((name) => `${root}${name}`);
  return (await Promise.all(paths.map(async (path) => importsOnUse(await readFile(path, 'utf8'), path)))).flat();
}

/** Builds a file that runs each of these modules on its first use. Returns the metafile. */
async function buildFile(file, names, fileOfModule, more = {}) {
  const loaders = names.map((name) => {
    const specifier = name.endsWith('.ts') ? `./${name}` : name;
    return `'${name}': () => ${requireEarlier(name, fileOfModule) ?? `require('${specifier}')`}`;
  });
  const exported = file === 'main.cjs' ? startFunctions : [];
  const { metafile } = await build({
    ...options,
    ...more,
    metafile: true,
    stdin: {
      contents: [`export const modules = { ${loaders.join(', ')} };`, ...exported].join('\n'),
      resolveDir: root,
      sourcefile: file,
    },
    outfile: `dist/cli/${file}`,
    // Hono's client is in this file. No other code uses the global `Headers`.
    inject: file === 'list.cjs' ? ['cli/api/transport/header-fields.ts'] : [],
    plugins: [
      splitLazyModules(),
      takeFromOtherFiles(file, fileOfModule),
      omitUnused(unused),
      deferBuiltins(),
      requireOutside(),
    ],
  });
  return metafile;
}

/** Exports of the functions that `bin/tokens.js`, the single file and the compilation call. */
const startFunctions = [
  "export { main } from './cli/main.ts';",
  "export { realContext } from './cli/real-context.ts';",
  "export { runProcess } from './cli/run-process.ts';",
];

/** Returns our modules, and the packages that ours import. */
function sharedModules(inputs) {
  const own = Object.keys(inputs).filter((name) => /^(cli|shared)\//.test(name));
  const imports = own.flatMap((name) => inputs[name].imports);
  const packages = imports.filter(({ path }) => path.startsWith('node_modules/')).map(({ original }) => original);
  return [...new Set([...own, ...packages])];
}

/** @throws Error for modules that must not be loaded at every start */
function rejectSlowModules(inputs) {
  const eager = lazyModules.filter((name) => name in inputs);
  if (eager.length > 0) throw new Error(`These modules are loaded at every start: ${eager.join(', ')}.`);
  const importers = Object.entries(inputs).filter(
    ([name, { imports }]) => !name.startsWith(neverLoaded) && imports.some(({ path }) => path.startsWith(neverLoaded)),
  );
  if (importers.length > 0)
    throw new Error(`These files load zod at every start: ${importers.map(([name]) => name).join(', ')}.`);
}

/** Builds the file of a lazy module. Returns the paths of its parts. */
async function buildLazyModule(name) {
  // CommonJS callers expect the default export to be the module itself.
  const path = JSON.stringify(name.startsWith('cli/') ? `./${name}` : name);
  const contents = `const it = require(${path}); module.exports = 'default' in it ? Object.assign(it.default, it) : it;`;
  const { metafile } = await build({
    ...options,
    metafile: true,
    stdin: { contents, resolveDir: root },
    outfile: `dist/cli/${fileOf(name)}`,
    plugins: [omitUnused(unused)],
  });
  return Object.keys(metafile.inputs);
}
