const { existsSync, readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');

/** `require` with V8's compiled code that the build kept beside the file; V8 refuses what another version compiled. */
exports.requireCached = function requireCached(path, keep = () => {}) {
  if (!existsSync(`${path}.cache`)) return require(path);
  const wrapped = `(function (exports, require, module, __filename, __dirname) {${readFileSync(path, 'utf8')}\n})`;
  const script = new Script(wrapped, { filename: path, cachedData: readFileSync(`${path}.cache`) });
  const requireHere = createRequire(path);
  const requireFrom = (id) => (id.startsWith('./') ? requireCached(join(dirname(path), id), keep) : requireHere(id));
  const loaded = { exports: {} };
  script.runInThisContext()(loaded.exports, requireFrom, loaded, path, dirname(path));
  keep(path, script);
  return loaded.exports;
};
