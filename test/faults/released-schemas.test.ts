import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { releases } from '../fixtures/databases/load.ts';

const root = join(import.meta.dirname, '../..');

it('has a fixture database for the newest schema and for each release before it', () => {
  const numbers = readdirSync(join(root, 'server/store/migrations')).flatMap((name) => /^\d{4}(?=-)/.exec(name) ?? []);
  expect(numbers.length).toBeGreaterThan(2);
  expect(releases.at(-1)).toBe(numbers.sort().at(-1));
  const files = releases.flatMap((release) => [`${release}.sql`, `${release}.json`]);
  expect(files.filter((name) => !existsSync(join(root, 'test/fixtures/databases', name)))).toEqual([]);
});
