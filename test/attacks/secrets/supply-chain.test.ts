import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Locked {
  version: string;
  resolved?: string;
  integrity?: string;
  license?: string;
  dev?: boolean;
  hasInstallScript?: boolean;
}

interface Bill {
  bomFormat: string;
  components: Array<{ type: string; name: string; version: string; hashes?: Array<{ alg: string; content: string }> }>;
}

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Locked> };
const packagedNodeModule = join(import.meta.dirname, '../../../scripts/packages/packaged-node.mjs');
const { packagedNode, requireHash } = await import(packagedNodeModule);
const { allowScripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { allowScripts: Record<string, boolean> };
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
const all = Object.entries(packages).filter(([path]) => path !== '');
const production = all.filter(([, { dev }]) => !dev);

const permissive = /^\(?(MIT(-0)?|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|BlueOak-1\.0\.0|WTFPL)( OR [\w.-]+)*\)?$/;

describe('a production install', () => {
  it('pins every package by its content hash', () => {
    for (const [path, { integrity }] of all) expect(integrity, path).toMatch(/^sha512-/);
  });

  it('runs only reviewed install scripts', () => {
    const scripted = production.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path));
    expect(scripted.filter((name) => !allowScripts[name])).toEqual([]);
  });

  it('contains only permissive licences', () => {
    for (const [path, { license }] of production) expect(license, path).toMatch(permissive);
  });

  it('lists every package in the bill of materials', () => {
    const written = execFileSync('node', ['scripts/sbom.mjs'], { encoding: 'utf8' });
    expect(written).toBe('');
    const bill = JSON.parse(readFileSync('dist/sbom.cdx.json', 'utf8')) as Bill;
    expect(bill.bomFormat).toBe('CycloneDX');
    const listed = bill.components
      .filter(({ type }) => type !== 'platform')
      .map(({ name, version }) => `${name}@${version}`);
    const locked = production.map(([path, { version }]) => `${nameOf(path)}@${version}`);
    expect([...new Set(listed)].sort()).toEqual([...new Set(locked)].sort());
    expect(listed).toContain(`pg@${packages['node_modules/pg']?.version}`);
    const platforms = bill.components.filter(({ type }) => type === 'platform');
    const { version, hashes } = packagedNode;
    expect(platforms).toMatchObject(
      Object.entries(hashes).map(([architecture, content]) => ({
        ...{ name: `node-linux-${architecture}`, version },
        hashes: [{ alg: 'SHA-256', content }],
      })),
    );
  });
});

describe('the Node.js in the packages', () => {
  it('is refused if its hash is not the known one', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tokens-node-'));
    try {
      const file = join(directory, 'node');
      writeFileSync(file, 'node');
      const hash = createHash('sha256').update('node').digest('hex');
      expect(() => requireHash(file, hash)).not.toThrow();
      writeFileSync(file, 'node, changed');
      expect(() => requireHash(file, hash)).toThrow(hash);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('has a known hash for each architecture', () => {
    expect(packagedNode.version).toMatch(/^\d+\.\d+\.\d+$/);
    for (const hash of Object.values(packagedNode.hashes)) expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });
});
