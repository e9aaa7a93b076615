import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mistakes } from '../../server/sso/failures/mistakes.ts';

it('explains every mistake in the set-up of single sign-on, in a row of its own', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/single-sign-on.md'), 'utf8');
  const explained = [...page.matchAll(/^\| …([^|]+?) \|/gm)].map(([, mistake]) => mistake);
  expect(explained.sort()).toEqual([...mistakes].sort());
});
