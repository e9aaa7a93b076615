import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';

const run = promisify(execFile);
const project = join(import.meta.dirname, '..', '..', '..');
const directory = 'examples/kubernetes';

/** An object of Kubernetes, as a manifest describes it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: each kind has another shape, which the schemas check
  [field: string]: any;
}

/** Returns the paths of all manifests. */
export function manifestFiles(): string[] {
  return readdirSync(join(project, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => `${directory}/${name}`)
    .sort();
}

/** Returns the objects of a file. @throws Error if it is no YAML */
export function readManifests(path: string): Manifest[] {
  return parseAllDocuments(readFileSync(join(project, path), 'utf8')).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS();
  });
}

/** Returns the only object of its kind in a file of examples/kubernetes. */
export function readManifest(file: string, kind: string): Manifest {
  const found = readManifests(`${directory}/${file}`).filter((manifest) => manifest.kind === kind);
  const [manifest] = found;
  if (manifest === undefined || found.length > 1) throw new Error(`${file} has ${found.length} objects ${kind}.`);
  return manifest;
}

const packages: Record<string, string> = {
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api/',
  'gateway.envoyproxy.io': '@kubernetes-models/envoy-gateway/',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator/',
};

/** Returns the module with the schema and the type of an object. */
function moduleOf({ apiVersion }: Manifest): string {
  const [group = ''] = apiVersion.split('/');
  return `${packages[group] ?? 'kubernetes-models/'}${apiVersion}`;
}

/** @throws Error if the published schema rejects the object. These schemas allow unknown fields. */
export async function validate(manifest: Manifest): Promise<void> {
  const { [manifest.kind]: Model } = await import(moduleOf(manifest));
  new Model(manifest).validate();
}

/** Returns the errors of the published types of these objects, which know all their fields. */
export async function findTypeErrors(manifests: readonly Manifest[]): Promise<string> {
  const lines = manifests.flatMap((manifest, index) => [
    `import type { I${manifest.kind} as T${index} } from '${moduleOf(manifest)}';`,
    `export const manifest${index}: T${index} = ${JSON.stringify(manifest)};`,
  ]);
  const work = join(project, 'node_modules/.cache/manifests', String(process.pid));
  await mkdir(work, { recursive: true });
  try {
    await writeFile(join(work, 'manifests.ts'), lines.join('\n'));
    const flags = '--ignoreConfig --noEmit --strict --skipLibCheck --module nodenext --target es2022'.split(' ');
    const compiler = join(project, 'node_modules/typescript/bin/tsc');
    const checked = run(process.execPath, [compiler, ...flags, 'manifests.ts'], { cwd: work });
    return await checked.then(
      () => '',
      ({ stdout }: { stdout: string }) => stdout,
    );
  } finally {
    await rm(work, { recursive: true });
  }
}
