import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';

/** Imports a TypeScript module that imports nothing but types. Node 20 cannot import it itself. */
export async function importTypeScript(url) {
  const { code } = await transform(await readFile(url, 'utf8'), { loader: 'ts' });
  return import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
}
