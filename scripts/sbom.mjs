// Writes dist/sbom.cdx.json, a bill of materials (CycloneDX) of a production install and of the Node.js that the Debian package and the single
// file contain: `npm run sbom`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packagedNode } from './packages/packaged-node.mjs';

/**
 * Returns the bill of materials of the lock file in the current directory, and of the Node.js in the packages. `npm sbom --omit=dev` would also omit
 * production packages that a development package depends on, so npm gets a copy of the lock file without development
 * packages.
 */
export function billOfMaterials() {
  const directory = mkdtempSync(join(tmpdir(), 'tokens-sbom-'));
  try {
    const { devDependencies: _, ...manifest } = JSON.parse(readFileSync('package.json', 'utf8'));
    const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
    delete lock.packages[''].devDependencies;
    for (const [path, { dev }] of Object.entries(lock.packages)) if (dev) delete lock.packages[path];
    writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(directory, 'package-lock.json'), JSON.stringify(lock));
    const format = ['--sbom-format=cyclonedx', '--package-lock-only'];
    const text = execFileSync('npm', ['sbom', ...format], { cwd: directory, encoding: 'utf8', maxBuffer: 64 << 20 });
    const bill = JSON.parse(text);
    return { ...bill, components: [...bill.components, ...nodeComponents()] };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function nodeComponents() {
  const { version, hashes } = packagedNode;
  return Object.entries(hashes).map(([architecture, content]) => {
    const name = `node-linux-${architecture}`;
    const purl = `pkg:npm/${name}@${version}`;
    // Scanners know the vulnerabilities of Node.js by this name.
    const cpe = `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`;
    const license = { license: { id: 'MIT' } };
    const hash = { alg: 'SHA-256', content };
    return { type: 'platform', 'bom-ref': purl, name, version, cpe, purl, licenses: [license], hashes: [hash] };
  });
}

if (process.argv[1] === import.meta.filename) {
  mkdirSync('dist', { recursive: true });
  writeFileSync('dist/sbom.cdx.json', `${JSON.stringify(billOfMaterials(), null, 2)}\n`);
}
