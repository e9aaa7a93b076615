import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { productionPackages } from './production-files.mjs';

const root = join(import.meta.dirname, '..', '..');

/**
 * Returns the licenses of what a package contains as one text: of this project, of Node.js, and of the packages that both programs use.
 * @param nodeLicense The file with the license of Node.js and of the libraries in it. Null if the package does not contain Node.js
 */
export function licenseTexts(nodeLicense) {
  return joinTexts([
    ['tokens', readFileSync(join(root, 'LICENSE'), 'utf8')],
    ...(nodeLicense === null ? [] : [['Node.js', readFileSync(nodeLicense, 'utf8')]]),
    ...productionPackages().map(licenseOf),
  ]);
}

/** Returns the licenses of the packages that contain these files, as one text. `paths` are like `node_modules/hono/dist/hono.js`. */
export function licenseTextsOf(paths) {
  const packages = paths.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  return joinTexts([...new Set(packages)].sort().map(licenseOf));
}

function joinTexts(parts) {
  const line = '='.repeat(80);
  return parts.map(([name, text]) => `${line}\n${name}\n${line}\n\n${text.trim()}\n`).join('\n');
}

function licenseOf(path) {
  const directory = join(root, path);
  const { name, version, license, author } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const files = readdirSync(directory).filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file));
  const texts = files.map((file) => readFileSync(join(directory, file), 'utf8').trim());
  if (texts.length === 0) {
    if (license === undefined) throw new Error(`${path} has no license.`);
    const by = author === undefined ? '' : ` Its author is ${author.name ?? author}.`;
    texts.push(`The package has no file with its license. Its package.json says: ${license}.${by}`);
  }
  return [`${name} ${version}`, texts.join('\n\n')];
}
