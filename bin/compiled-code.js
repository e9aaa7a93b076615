// Loads code that V8 compiled before. Node 20 and the single file have no compile cache of their own. From Node 22.1 on,
// the npm package does not load this file: see enableCompileCache in tokens.js.
const { existsSync, readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');

/**
 * Loads a module with the compiled code in `<path>.cache`, which the build writes on Node 20. Without that file it
 * works like `require`. `onLoad` receives each module's path and script.
 */
exports.requireWithCache = function requireWithCache(path, onLoad = () => {}) {
  if (!existsSync(`${path}.cache`)) return require(path);
  const requireOthers = createRequire(path);
  const requireFrom = (id) =>
    id.startsWith('./') ? requireWithCache(join(dirname(path), id), onLoad) : requireOthers(id);
  const read = () => ({ source: readFileSync(path, 'utf8'), compiled: readFileSync(`${path}.cache`) });
  return runCompiled(path, read, requireFrom, onLoad);
};

/** What was loaded, by path, so that each module runs once. */
const loadedModules = new Map();

/**
 * Runs a CommonJS module, unless it has run before, and returns its exports. `read` returns its source and compiled code. V8 ignores the
 * compiled code if another version compiled it.
 */
function runCompiled(path, read, requireFrom, onLoad = () => {}) {
  const known = loadedModules.get(path);
  if (known !== undefined) return known.exports;
  const { source, compiled } = read();
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${source}\n})`;
  const script = new Script(wrapped, { filename: path, cachedData: compiled });
  const loaded = { exports: {} };
  loadedModules.set(path, loaded);
  script.runInThisContext()(loaded.exports, requireFrom, loaded, path, dirname(path));
  onLoad(path, script);
  return loaded.exports;
}
exports.runCompiled = runCompiled;
