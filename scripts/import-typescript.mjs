import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const directory = new URL('../dist/modules/', import.meta.url);

/** Imports a TypeScript module and the modules of this project that it imports. Node 20 cannot import them itself. */
export async function importTypeScript(url) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(url)],
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    write: false,
  });
  // A file, because a module from a `data:` URL cannot import packages.
  const file = new URL(`${crypto.randomUUID()}.mjs`, directory);
  await mkdir(directory, { recursive: true });
  await writeFile(file, outputFiles[0].text);
  try {
    return await import(file);
  } finally {
    await rm(file);
  }
}
