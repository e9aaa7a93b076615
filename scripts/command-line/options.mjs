import { root, target, version } from '../bundling.mjs';

/**
 * How esbuild builds each file of the command line. CommonJS, because Node starts it faster: an ES module that imports `node:fs` loads all
 * of Node's streams.
 */
export const options = {
  absWorkingDir: root,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target,
  supported: { 'dynamic-import': false },
  minify: true,
  define: { TOKENS_VERSION: JSON.stringify(version), 'import.meta.url': 'thisFile.url' },
  // A getter, because few commands need it, and creating a URL takes time.
  banner: { js: "const thisFile = { get url() { return require('node:url').pathToFileURL(__filename).href; } };" },
  logLevel: 'warning',
};
