import { readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';

const { requireWithCache } = createRequire(import.meta.url)('../../bin/compiled-code.js');

/**
 * Writes V8's compiled code of each file of the command line in `directory`, including the functions that run on loading and for
 * `--help`. Only the version of Node.js that runs this can use it.
 */
export async function writeCompiledCode(directory) {
  const files = (await readdir(directory))
    .filter((name) => name.endsWith('.cjs'))
    .map((name) => `${directory}/${name}`);
  for (const file of files) await writeFile(`${file}.cache`, '');
  const scripts = new Map();
  const onLoad = (path, script) => scripts.set(path, script);
  const { main, realContext } = requireWithCache(
    files.find((file) => file.endsWith('/main.cjs')),
    onLoad,
  );
  const silent = { isTTY: false, columns: 80, write: async () => {} };
  for (const words of [['--help'], ['create', '--help']]) {
    await main(words, { ...realContext(), stdout: silent, stderr: silent });
  }
  const writeAll = async () => {
    for (const [path, script] of scripts) await writeFile(`${path}.cache`, script.createCachedData());
    scripts.clear();
  };
  const loaded = new Set(scripts.keys());
  await writeAll();
  // The command line sets this flag before it loads undici. V8 uses no code that was compiled under other flags, and most other files are
  // loaded when a response has arrived.
  setFlagsFromString('--liftoff-only');
  for (const file of files) if (!loaded.has(file)) requireWithCache(file, onLoad);
  await writeAll();
}
