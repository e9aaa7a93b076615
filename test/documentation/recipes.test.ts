import { describe, expect, it } from 'vitest';
import { pathsIn, read } from './documents.ts';

describe('the recipe "Add a field to tokens"', () => {
  const [, afterTitle = ''] = read('CONTRIBUTING.md').split('### Add a field to tokens\n');
  const [recipe = ''] = afterTitle.split(/^#/m);
  const files = pathsIn(recipe).filter((path) => !/<|migrations/.test(path));

  it('lists files that contain its example, the description', () => {
    expect(files.length).toBeGreaterThan(7);
    expect(files.filter((path) => !/\bdescription\b/.test(read(path)))).toEqual([]);
  });

  it.each(['server/store/tables/tokens.ts', 'shared/schemas/tokens.ts', 'server/http/representations.ts'])(
    'includes %s',
    (path) => {
      expect(files).toContain(path);
    },
  );
});
