// Builds dist/packages/tokensd_X.Y.Z_ARCH.deb with debhelper: `npm run package:deb`. The package works on the release of Debian on
// which it is built and on newer ones. With `-- --node debian`, it contains no Node.js and depends on that of Debian.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { importTypeScript } from '../import-typescript.mjs';
import { checkExamples } from './check-examples.mjs';
import { licenseTexts } from './licenses.mjs';
import { installPackagedNode } from './packaged-node.mjs';
import { copyProductionFiles } from './production-files.mjs';

const root = join(import.meta.dirname, '..', '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const packages = join(root, 'dist/packages');
const variants = {
  bundled: { version, depends: '', description: 'The package contains its own Node.js.' },
  // Greater than the version with the same programs and their own Node.js, so that either can replace the other in an upgrade.
  debian: {
    version: `${version}+nodejs`,
    depends: 'nodejs (>= 20.19)',
    description: 'They run on the Node.js of Debian.',
  },
};

const { node } = parseArgs({ options: { node: { type: 'string', default: 'bundled' } } }).values;
const variant = variants[node] ?? fail('Use --node bundled or --node debian.');
checkExamples();
if (!existsSync('/usr/bin/dh')) fail('Install debhelper first: apt install debhelper');
const work = mkdtempSync(join(tmpdir(), 'tokensd-deb-'));
try {
  const source = join(work, 'source');
  cpSync(join(import.meta.dirname, 'debian'), join(source, 'debian'), { recursive: true });
  writeFileSync(join(source, 'debian/changelog'), changelog());
  writeFileSync(join(source, 'debian/tokensd.service'), unit());
  await makeTree(join(source, 'tree'));
  const build = ['--build=binary', '--no-sign', '--no-check-builddeps', '--no-pre-clean'];
  const env = { ...process.env, NODE_DEPENDS: variant.depends, NODE_DESCRIPTION: variant.description };
  execFileSync('dpkg-buildpackage', build, { cwd: source, env, stdio: ['ignore', 'ignore', 'inherit'] });
  mkdirSync(packages, { recursive: true });
  const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
  const name = `tokensd_${variant.version}_${architecture}.deb`;
  copyFileSync(join(work, name), join(packages, name));
  process.stdout.write(`${join('dist/packages', name)}\n`);
} finally {
  rmSync(work, { recursive: true });
}

/** Puts the files of the package where they are installed, below `tree`. */
async function makeTree(tree) {
  cpSync(join(import.meta.dirname, 'tree'), tree, { recursive: true });
  const home = join(tree, 'usr/lib/tokensd');
  copyProductionFiles(home);
  const packaged = node === 'debian' ? null : installPackagedNode();
  if (packaged === null) symlinkSync('../../../bin/node', join(home, 'bin/node'));
  else copyFileSync(packaged.binary, join(home, 'bin/node'));
  writeFileSync(join(home, 'LICENSES'), licenseTexts(packaged?.license ?? null));
  // A program calls itself by the name with which it was started.
  for (const name of ['tokens', 'tokensd']) symlinkSync(`${name}.js`, join(home, 'bin', name));
  const { settings } = await importTypeScript(new URL('../../server/config/settings/settings.ts', import.meta.url));
  const { defaultFile } = await importTypeScript(new URL('default-file.ts', import.meta.url));
  install(defaultFile(settings), join(tree, 'etc/default/tokensd'), 0o640);
  // debhelper makes changelog.gz of it.
  install(readFileSync(join(root, 'CHANGELOG.md')), join(tree, 'usr/share/doc/tokensd/CHANGELOG.md'));
  cpSync(join(root, 'dist/man'), join(tree, 'usr/share/man/man1'), { recursive: true });
  cpSync(join(root, 'examples'), join(tree, 'usr/share/doc/tokensd/examples'), { recursive: true });
  const completions = {
    bash: 'bash-completion/completions/tokens',
    zsh: 'zsh/vendor-completions/_tokens',
    fish: 'fish/vendor_completions.d/tokens.fish',
  };
  for (const [shell, path] of Object.entries(completions)) {
    const script = execFileSync(process.execPath, [join(root, 'bin/tokens.js'), 'completion', shell]);
    install(script, join(tree, 'usr/share', path));
  }
}

function install(content, path, mode = 0o644) {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

/** Returns the unit of examples/systemd for the paths and the user of the package. */
function unit() {
  const changes = [
    [/^Documentation=.*$/m, 'Documentation=man:tokensd(1)'],
    [/^ExecStart=.*$/m, 'ExecStart=/usr/lib/tokensd/run serve'],
    [/^# Contains the .*\nEnvironmentFile=.*\nEnvironment=TOKENSD_DATA_DIR=.*\n/m, ''],
    [/^DynamicUser=yes$/m, 'User=tokensd'],
  ];
  return changes.reduce(
    (text, [from, to]) => {
      if (!from.test(text)) throw new Error(`examples/systemd/tokensd.service has no line ${from}.`);
      return text.replace(from, to);
    },
    readFileSync(join(root, 'examples/systemd/tokensd.service'), 'utf8'),
  );
}

function changelog() {
  const date = execFileSync('date', ['--rfc-email', '--date', `@${sourceDate()}`], { encoding: 'utf8' }).trim();
  const { DEBFULLNAME = 'The tokens project', DEBEMAIL = 'tokens@example.invalid' } = process.env;
  return `tokensd (${variant.version}) unstable; urgency=medium\n\n  * Version ${version}. See /usr/share/doc/tokensd/changelog.gz.\n\n -- ${DEBFULLNAME} <${DEBEMAIL}>  ${date}\n`;
}

/** Returns the time of the last commit in seconds since 1970, so that the same source makes the same package. */
function sourceDate() {
  const { SOURCE_DATE_EPOCH } = process.env;
  if (SOURCE_DATE_EPOCH) return SOURCE_DATE_EPOCH;
  const { status, stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : Math.floor(Date.now() / 1000);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
