#!/usr/bin/env node
import module from 'node:module';
import { basename } from 'node:path';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`tokensd needs Node.js 20.19 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}
module.enableCompileCache?.();
const { main, processContext } = await import('../dist/server/main.js');
const programName = basename(process.argv[1]) === 'tokensd' ? 'tokensd' : 'node bin/tokensd.js';
process.exitCode = await main(process.argv.slice(2), processContext(programName));
