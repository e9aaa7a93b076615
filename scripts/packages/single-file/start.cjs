// The start of the single file: loads the command line from the files that are embedded in it.
const { getRawAsset } = require('node:sea');
const { runCompiled } = require('../../../bin/compiled-code.js');

/** Reads an embedded file without copying it. */
const read = (name) => Buffer.from(getRawAsset(name));

function load(name) {
  const readCode = () => ({ source: read(name).toString(), compiled: read(`${name}.cache`) });
  // At the root, no dependency looks for files beside itself.
  return runCompiled(`/${name}`, readCode, requireEmbedded);
}

/** Loads another embedded file, or a module of Node. */
function requireEmbedded(id) {
  return id.startsWith('./') ? load(id.slice(2)) : require(id);
}

if (process.argv[2] === '--licenses') {
  // A pager that ends early is no error.
  process.stdout.on('error', () => undefined).write(read('licenses.txt'));
} else {
  const { realContext, runProcess } = load('main.cjs');
  // keytar is a file of its own, so the single file uses the platform's tool instead.
  runProcess(realContext(null));
}
