#!/usr/bin/env node
const { basename } = require('node:path');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`tokensd needs Node.js 20.19 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}
// Database connections, password hashes and name lookups share these threads. With Node's four, two of each could make
// verification wait. This must be set before the first of them starts.
process.env.UV_THREADPOOL_SIZE ??= '8';
const programName = basename(process.argv[1]) === 'tokensd' ? 'tokensd' : 'node bin/tokensd.js';
const { main, processContext } = require('../dist/server/main.cjs');
main(process.argv.slice(2), processContext(programName)).then((code) => {
  process.exitCode = code;
});
