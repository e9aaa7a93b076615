// Runs the tests on each supported version of Node.js: `npm run test:node-versions [-- 22 24]`. Every version runs the end-to-end
// tests, which start the programs. The oldest version also runs the unit tests and those of the store, the others those of the parts
// that use Node's own HTTP. With `--project NAME`, every version runs the tests of that project only. Stops at the first version that
// fails.
import { spawnSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { installNode } from './packages/node-from-npm.mjs';

const supported = ['20', '22', '24'];
const foldersOnNode = ['e2e', 'http', 'sso'];
const root = join(import.meta.dirname, '..');
const { values, positionals } = parseArgs({ allowPositionals: true, options: { project: { type: 'string' } } });
const versions = positionals.length > 0 ? positionals : supported;

for (const version of versions) {
  const bin = installNode(version);
  // Programs that the tests start by name must run on this version too.
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` };
  const node = join(bin, 'node');
  process.stdout.write(`\nNode.js ${version}\n`);
  const tests = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...testsOn(version)];
  if (spawnSync(node, tests, { cwd: root, env, stdio: 'inherit' }).status !== 0) {
    fail(`The tests failed on Node.js ${version}.`);
  }
}

/** Returns the arguments that select the tests of a version. */
function testsOn(version) {
  if (values.project !== undefined) return [`--project=${values.project}`];
  const projects = ['unit', 'engines', 'e2e'].map((name) => `--project=${name}`);
  return version === supported[0] ? projects : [...projects, ...foldersOnNode.map((folder) => `test/${folder}/`)];
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
