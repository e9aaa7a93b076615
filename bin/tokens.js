#!/usr/bin/env node
const { enableCompileCache } = require('node:module');
const { join } = require('node:path');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`tokens needs Node.js 20.19 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}
// Node 22 and newer cache compiled code themselves. Node 20 loads the cache files that the build wrote.
if (enableCompileCache) useCompileCache();
const load = enableCompileCache ? require : require('./compiled-code.js').requireWithCache;
load(join(__dirname, '../dist/cli/main.cjs')).runProcess();

/** Enables Node's compile cache in the home directory. Its default is in `/tmp`, where another user could plant code. */
function useCompileCache() {
  const { lstatSync, mkdirSync } = require('node:fs');
  const { userInfo } = require('node:os');
  try {
    // Not `$HOME`, because sudo may leave it set to another user's home.
    const directory = join(userInfo().homedir, '.cache', 'tokens');
    // Node would create it with the mode that the umask allows. The program runs this code, so nobody else may write there.
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { mode, uid } = lstatSync(directory);
    const isOwn = process.platform === 'win32' || (uid === process.getuid() && (mode & 0o022) === 0);
    if (isOwn) enableCompileCache(directory);
  } catch {
    // A container may run as a user without a passwd entry. Then every start compiles the code.
  }
}
