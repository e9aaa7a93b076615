import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pathsIn, root, rowsUnder } from './documents.ts';

const promises = [
  ...rowsUnder('SECURITY.md', '| promise | how | test |'),
  ...rowsUnder('docs/guarantees.md', '| when | then | test |'),
];

const testsIn = (text: string) => pathsIn(text).filter((path) => path.startsWith('test/'));

/** These tests check the test data itself and belong to no promise. */
const withoutPromise = ['test/faults/released-schemas.test.ts'];

describe('the promises in SECURITY.md and docs/guarantees.md', () => {
  it('each name the tests that check them', () => {
    expect(promises.length).toBeGreaterThan(60);
    expect(promises.filter((row) => testsIn(row).length === 0)).toEqual([]);
  });

  it.each(['test/faults', 'test/attacks'])('include one for every test in %s', (folder) => {
    const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => `${folder}/${name}`);
    const named = new Set([...testsIn(promises.join('\n')), ...withoutPromise]);
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((path) => !named.has(path))).toEqual([]);
  });
});
