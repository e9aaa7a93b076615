#!/usr/bin/env node
import module from 'node:module';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`tokens needs Node.js 20.19 or newer; this is ${process.versions.node}.\n`);
  process.exitCode = 1;
} else {
  module.enableCompileCache?.();
  const { main } = await import('../dist/cli/main.js');
  const { realContext } = await import('../dist/cli/real-context.js');
  process.exitCode = await main(process.argv.slice(2), realContext());
  // Everything is written by now; a keychain or socket that hangs must not keep the process.
  setTimeout(() => process.exit(), 300).unref();
}
