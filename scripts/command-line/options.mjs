import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const { version, engines } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

/**
 * How esbuild builds each file of the command line. CommonJS, because Node starts it faster: an ES module that imports `node:fs` loads all
 * of Node's streams.
 */
export const options = {
  absWorkingDir: root,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: `node${engines.node.replace('>=', '')}`,
  supported: { 'dynamic-import': false },
  minify: true,
  define: { TOKENS_VERSION: JSON.stringify(version), 'import.meta.url': 'thisFile.url' },
  // A getter, because few commands need it, and creating a URL takes time.
  banner: { js: "const thisFile = { get url() { return require('node:url').pathToFileURL(__filename).href; } };" },
  logLevel: 'warning',
};
