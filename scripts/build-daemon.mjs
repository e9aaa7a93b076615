import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { build, transform } from 'esbuild';
import { omitUnused, root, target } from './bundling.mjs';
import { licenseTextsOf } from './packages/licenses.mjs';

const directory = `${root}dist/server`;
const entry = 'main.cjs';

/** Packages with native code. */
const native = ['@node-rs/argon2', 'sqlite3'];
/** Packages that the daemon imports on use. */
const importedOnUse = [
  '@inquirer/prompts',
  '@simplewebauthn/server',
  '@zxcvbn-ts/language-common',
  'cli-progress',
  'undici',
];
/** Packages that are not installed. Knex and pg require them for other drivers and runtimes. */
const notInstalled = ['pg-cloudflare', 'pg-native', 'pg-query-stream'];
/**
 * commander starts subcommands that are separate programs, Knex finds its dialect for the name of a database, and zod has messages in other languages.
 * See `omitUnused`.
 */
const unused = { commander: 'node:child_process', knex: '../../dialects', zod: '../locales/index.js' };

/**
 * Writes the daemon to dist/server: `main.cjs`, which runs `--help`, and files that commands load on use. They contain the packages that a start needs,
 * because reading one file is quicker than finding and reading hundreds.
 */
export async function buildDaemon() {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    stdin: {
      contents:
        "export { main, processContext } from './server/main.ts'; export { createProgram } from './server/program.ts';",
      resolveDir: root,
    },
    bundle: true,
    // esbuild splits ES modules only.
    format: 'esm',
    splitting: true,
    platform: 'node',
    target,
    external: [...native, ...importedOnUse, ...notInstalled],
    // Its CommonJS files find each other in a way that no bundler sees.
    alias: { 'jsonc-parser': `${root}node_modules/jsonc-parser/lib/esm/main.js` },
    plugins: [omitUnused(unused)],
    metafile: true,
    write: false,
    outdir: directory,
    entryNames: basename(entry, '.cjs'),
    outExtension: { '.js': '.cjs' },
    logLevel: 'warning',
  });
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  for (const { path, text } of outputFiles) await writeFile(path, await toCommonJs(text, basename(path)));
  // The console's stylesheets, scripts and icon.
  await cp(`${root}server/web/shell/assets`, `${directory}/assets`, { recursive: true });
  await writeFile(`${directory}/LICENSES`, licenseTextsOf(Object.keys(metafile.inputs)));
}

/** Returns an ES module as CommonJS, because Node starts it faster. */
async function toCommonJs(text, name) {
  const source = text
    .replace(/\bimport\("(\.\/[^"]+)"\)/g, 'Promise.resolve().then(() => require("$1"))')
    // esbuild keeps comments with an exclamation mark. These name the source of the lines below, for readers of a stack trace.
    .replace(/^\/\/ (?=(?:server|shared|node_modules)\/)/gm, '//! ');
  const { code } = await transform(source, {
    format: 'cjs',
    platform: 'node',
    target,
    minifySyntax: true,
    minifyWhitespace: true,
    // Stack traces keep the names of functions, and have lines of use.
    minifyIdentifiers: name === entry,
    lineLimit: 160,
    define: { 'import.meta.url': 'thisFileUrl' },
  });
  const url = code.includes('thisFileUrl')
    ? "const thisFileUrl=require('node:url').pathToFileURL(__filename).href;"
    : '';
  return `'use strict';${url}${code}`;
}
