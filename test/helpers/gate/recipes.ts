import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs');

/** Returns the code block of a documentation page that follows `<!-- recipe: NAME -->`, so that tests run what readers copy. */
export function recipe(page: string, name: string): string {
  const text = readFileSync(join(docs, page), 'utf8');
  const block = text.split(`<!-- recipe: ${name} -->`)[1];
  const code = /^\s*```\w*\n([\s\S]*?)```/.exec(block ?? '')?.[1];
  if (code === undefined) throw new Error(`docs/${page} has no recipe “${name}”`);
  return code;
}
