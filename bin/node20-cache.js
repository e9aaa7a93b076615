// Node 20 has no compile cache of its own. From Node 22.1 on this file is not loaded: see enableCompileCache in tokens.js.
const { existsSync, readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');

/**
 * Loads a module with the compiled code in `<path>.cache`, which the build writes on Node 20. Without that file it
 * works like `require`. V8 ignores code that another version compiled. `onLoad` receives each module's path and script.
 */
exports.requireWithCache = function requireWithCache(path, onLoad = () => {}) {
  if (!existsSync(`${path}.cache`)) return require(path);
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${readFileSync(path, 'utf8')}\n})`;
  const script = new Script(wrapped, { filename: path, cachedData: readFileSync(`${path}.cache`) });
  const requireOthers = createRequire(path);
  const requireFrom = (id) =>
    id.startsWith('./') ? requireWithCache(join(dirname(path), id), onLoad) : requireOthers(id);
  const loaded = { exports: {} };
  script.runInThisContext()(loaded.exports, requireFrom, loaded, path, dirname(path));
  onLoad(path, script);
  return loaded.exports;
};
