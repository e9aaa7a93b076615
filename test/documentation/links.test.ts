import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deadLinks } from '../../scripts/docs/links.ts';
import { documents, pathsIn, read, root } from './documents.ts';

describe('the documentation', () => {
  it('has no dead links', () => {
    expect(documents().length).toBeGreaterThan(20);
    expect(deadLinks(root, documents())).toEqual([]);
  });

  it('keeps the README under 150 lines', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(151);
  });

  /** The existing part of a path with a placeholder: of `cli/commands/<verb>.ts`, a file that a reader adds, its folder. */
  const existingPart = (path: string) => path.replace(/[^/]*[<…*].*$/, '');

  it.each([
    ['docs/how-it-works.md', 30],
    ['ARCHITECTURE.md', 20],
    ['CONTRIBUTING.md', 30],
    ['SECURITY.md', 40],
    ['docs/guarantees.md', 30],
  ])('names only files that exist in %s', (document, min) => {
    const paths = pathsIn(read(document)).map(existingPart);
    expect(paths.length).toBeGreaterThan(min);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
