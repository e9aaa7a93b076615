// Builds dist/packages/tokens-X.Y.Z-linux-ARCH, the command line as one executable file for people without Node.js:
// `npm run package:cli`. It runs without any other file of this project.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { licenseTexts } from './licenses.mjs';
import { installPackagedNode } from './packaged-node.mjs';

const root = join(import.meta.dirname, '..', '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const packages = join(root, 'dist/packages');
/** Where Node looks whether its file contains a program. */
const seaFuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const name = `tokens-${version}-${process.platform}-${process.arch}`;

if (process.platform !== 'linux') fail('The single file can only be built on Linux.');
if (!existsSync('/usr/bin/strip')) fail('Install binutils first: apt install binutils');
const { binary: node, license: nodeLicense } = installPackagedNode();
mkdirSync(packages, { recursive: true });
// Beside the result, because a file can only be moved within a file system.
const work = mkdtempSync(join(packages, 'work-'));
try {
  const executable = join(work, name);
  // A fifth of Node's file is names of its functions, which only a debugger needs.
  run('strip', ['-o', executable, node]);
  const postject = join(root, 'node_modules/postject/dist/cli.js');
  run(node, [postject, executable, 'NODE_SEA_BLOB', await embeddedCode(), '--sentinel-fuse', seaFuse]);
  renameSync(executable, join(packages, name));
  process.stdout.write(`${join('dist/packages', name)}\n`);
} finally {
  rmSync(work, { recursive: true });
}

/** Writes the files of the command line, with V8's compiled code of each, into one file for Node. Returns its path. */
async function embeddedCode() {
  const files = readdirSync(join(root, 'dist/cli')).filter((file) => file.endsWith('.cjs'));
  for (const file of files) copyFileSync(join(root, 'dist/cli', file), join(work, file));
  const compile = 'import(process.argv[1]).then((module) => module.writeCompiledCode(process.argv[2]))';
  run(node, ['--eval', compile, join(root, 'scripts/command-line/compiled-code.mjs'), work]);
  buildSync({
    entryPoints: [join(import.meta.dirname, 'single-file/start.cjs')],
    outfile: join(work, 'start.js'),
    bundle: true,
    platform: 'node',
    minify: true,
  });
  writeFileSync(join(work, 'licenses.txt'), licenseTexts(nodeLicense));
  const assets = [...files.flatMap((file) => [file, `${file}.cache`]), 'licenses.txt'];
  const config = {
    main: join(work, 'start.js'),
    output: join(work, 'code'),
    assets: Object.fromEntries(assets.map((file) => [file, join(work, file)])),
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
  };
  writeFileSync(join(work, 'config.json'), JSON.stringify(config));
  run(node, ['--experimental-sea-config', join(work, 'config.json')]);
  return config.output;
}

/**
 * Runs a program without the options for Node of this environment, which would change V8's compiled code.
 * @throws Error with the output of the program if it fails
 */
function run(program, args) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { status, error, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ended with ${status}:\n${stdout}${stderr}`);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
