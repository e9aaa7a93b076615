import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { releases } from '../fixtures/databases/load.ts';

const root = join(import.meta.dirname, '../..');

it('has a fixture database for the schema of every migration', () => {
  const numbers = readdirSync(join(root, 'server/store/migrations')).flatMap((name) => /^\d{4}(?=-)/.exec(name) ?? []);
  expect(numbers.length).toBeGreaterThan(2);
  expect([...releases]).toEqual(numbers.sort());
  const files = releases.flatMap((release) => [`${release}.sql`, `${release}.json`]);
  expect(files.filter((name) => !existsSync(join(root, 'test/fixtures/databases', name)))).toEqual([]);
});
