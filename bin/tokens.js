#!/usr/bin/env node
const { enableCompileCache } = require('node:module');
const { userInfo } = require('node:os');
const { join } = require('node:path');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`tokens needs Node.js 20.19 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}
if (enableCompileCache) keepCompiled();
const load = enableCompileCache ? require : require('./cached.js').requireCached;
const { main, realContext } = load(`${__dirname}/../dist/cli/main.cjs`);
main(process.argv.slice(2), realContext()).then((code) => {
  process.exitCode = code;
  // Everything is written by now; a keychain or socket that hangs must not keep the process.
  setTimeout(() => process.exit(), 300).unref();
});

/** Has Node keep compiled code, but not under `/tmp`, as it would by itself: what somebody else put there first would run. */
function keepCompiled() {
  try {
    // Not `$HOME`, which sudo may leave somebody else's.
    enableCompileCache(join(userInfo().homedir, '.cache', 'tokens'));
  } catch {
    // In a container, a user without an entry of its own: a start that takes longer.
  }
}
