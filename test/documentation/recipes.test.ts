import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { pathsIn, read, root } from './documents.ts';

describe('the recipe "Add a field to tokens"', () => {
  const [, afterTitle = ''] = read('CONTRIBUTING.md').split('### Add a field to tokens\n');
  const [recipe = ''] = afterTitle.split(/^#/m);
  const files = pathsIn(recipe).filter((path) => !/<|migrations/.test(path));

  it('lists files that contain its example, the description', () => {
    expect(files.length).toBeGreaterThan(7);
    expect(files.filter((path) => !/\bdescription\b/.test(read(path)))).toEqual([]);
  });

  /** Service accounts and webhooks have descriptions of their own. */
  const ofOthers = /service-accounts?|webhook|^server\/store\/tables\/accounts\.ts$/;

  it('lists every source file that uses the description of a token', () => {
    const use =
      /\b(token|body|form|options)\.description\b(?!\()|\bdescription: (nullable|descriptionSchema|'', expires)/;
    const touched = sourceFiles().filter((path) => !ofOthers.test(path) && use.test(read(path)));
    expect(touched.length).toBeGreaterThan(7);
    expect(touched.filter((path) => !files.includes(path))).toEqual([]);
  });
});

function sourceFiles(): string[] {
  const list = execFileSync('git', ['ls-files', 'server', 'cli', 'shared'], { cwd: root, encoding: 'utf8' });
  return list.split('\n').filter((path) => /\.tsx?$/.test(path));
}
