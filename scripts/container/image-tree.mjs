import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { licenseTexts } from '../packages/licenses.mjs';
import { copyProductionFiles } from '../packages/production-files.mjs';

const [, , target] = process.argv;
if (target === undefined) {
  process.stderr.write('Usage: node scripts/container/image-tree.mjs DIRECTORY\n');
  process.exit(2);
}

const home = join(target, 'opt/tokens');
copyProductionFiles(home);
// The license of Node.js is where its archive was unpacked.
writeFileSync(join(home, 'LICENSES'), licenseTexts(join(dirname(process.execPath), '..', 'LICENSE')));
// A container has no keychain.
rmSync(join(home, 'node_modules/keytar'), { recursive: true, force: true });
const programs = join(target, 'usr/local/bin');
mkdirSync(programs, { recursive: true });
copyFileSync(process.execPath, join(programs, 'node'));
// A program calls itself by the name with which it was started.
for (const name of ['tokens', 'tokensd']) symlinkSync(`/opt/tokens/bin/${name}.js`, join(programs, name));
