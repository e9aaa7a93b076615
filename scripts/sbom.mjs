// Writes dist/sbom.cdx.json (CycloneDX): what a production install brings (`npm run sbom`).
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The bill of materials of this directory's lock file. Of a lock file with development packages, `npm sbom --omit=dev`
 * leaves out each production package that one of those wants too: so it gets to see one without them.
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
    return execFileSync('npm', ['sbom', ...format], { cwd: directory, encoding: 'utf8', maxBuffer: 64 << 20 });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  mkdirSync('dist', { recursive: true });
  writeFileSync('dist/sbom.cdx.json', billOfMaterials());
}
