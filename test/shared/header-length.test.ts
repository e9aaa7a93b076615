import fc from 'fast-check';
import { expect, it } from 'vitest';
import { headerLength } from '../../shared/names.ts';

it('returns the length of percent-encoded names with commas between them', () => {
  const name = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(fc.array(name), (names) => {
      expect(headerLength(names)).toBe(names.map(encodeURIComponent).join(',').length);
    }),
  );
});

it('accepts half a surrogate pair', () => {
  expect(headerLength(['\ud800'])).toBeGreaterThan(0);
});
