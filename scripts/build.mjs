import { rm } from 'node:fs/promises';
import module from 'node:module';
import { buildDaemon } from './build-daemon.mjs';
import { root } from './bundling.mjs';
import { buildCommandLine } from './command-line/build.mjs';
import { writeCompiledCode } from './command-line/compiled-code.mjs';

await rm(new URL('../dist/cli', import.meta.url), { recursive: true, force: true });
await buildCommandLine();
await buildDaemon();

// Node 20 alone has no compile cache of its own.
if (!('enableCompileCache' in module)) await writeCompiledCode(`${root}dist/cli`);
