// Writes dist/sbom.cdx.json, a bill of materials (CycloneDX) of a production install: `npm run sbom`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Returns the bill of materials of the lock file in the current directory. `npm sbom --omit=dev` would also omit
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
    return execFileSync('npm', ['sbom', ...format], { cwd: directory, encoding: 'utf8', maxBuffer: 64 << 20 });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  mkdirSync('dist', { recursive: true });
  writeFileSync('dist/sbom.cdx.json', billOfMaterials());
}
