import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { remedies } from '../../server/store/engine/postgres/remedies.ts';
import { root } from './documents.ts';

it('lists every error of PostgreSQL that tokensd explains in docs/postgresql.md', () => {
  const page = readFileSync(join(root, 'docs', 'postgresql.md'), 'utf8');
  const codes = Object.keys(remedies).filter((code) => /^(?:[0-9A-Z]{5}|E[A-Z_]+)$/.test(code));
  expect(codes.length).toBeGreaterThan(10);
  expect(codes.filter((code) => !page.includes(code) && !/^(?:ECONNRESET|ENETUNREACH|ERR_)/.test(code))).toEqual([]);
});
