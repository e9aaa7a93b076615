import { cp, rm } from 'node:fs/promises';
import module from 'node:module';
import { buildCommandLine } from './command-line/build.mjs';
import { writeCompiledCode } from './command-line/compiled-code.mjs';
import { root } from './command-line/options.mjs';
import { removeStaleFiles } from './stale-files.mjs';

removeStaleFiles(root);
await rm(new URL('../dist/cli', import.meta.url), { recursive: true, force: true });
await buildCommandLine();

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
