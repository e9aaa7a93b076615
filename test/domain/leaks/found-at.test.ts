import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foundAt } from '../../../server/domain/leaks/found-at.ts';
import { assembleToken, base62Alphabet, bodyLength, displayPrefix } from '../../../shared/token-format.ts';
import { isFullLength } from '../../helpers/length.ts';

const body = fc.string({ unit: fc.constantFrom(...base62Alphabet), minLength: bodyLength, maxLength: bodyLength });
const anyValue = fc
  .tuple(fc.stringMatching(/^[a-z][a-z0-9]{1,9}$/), body)
  .map(([prefix, random]) => assembleToken(prefix, random));

/** Replaces some characters by their percent-encoding, and encodes the percent signs again and again. */
const encoding = fc.record({ every: fc.integer({ min: 1, max: 40 }), times: fc.nat(4), upper: fc.boolean() });
function encoded(text: string, { every, times, upper }: { every: number; times: number; upper: boolean }): string {
  const hexOf = (character: string) => {
    const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
    return `%${upper ? hex.toUpperCase() : hex}`;
  };
  let result = text;
  for (let time = 0; time < times; time += 1) {
    result = [...result].map((one, index) => (one === '%' || index % every === 0 ? hexOf(one) : one)).join('');
  }
  return result;
}

function decoded(text: string): string {
  let result = text;
  for (let round = 0; round < 30; round += 1) {
    result = result.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
  return result;
}

const secretOf = (value: string) => value.slice(displayPrefix(value).length);

const around = fc.stringMatching(/^[0-9A-Za-z/._~-]{0,12}$/);
const piece = fc.record({ before: around, isOther: fc.boolean(), how: encoding, after: around });
const place = fc.array(piece, { minLength: 1, maxLength: 4 });

describe('the kept place of a leak', () => {
  it('never contains a value, wherever, however often and however encoded the report has it', () => {
    fc.assert(
      fc.property(anyValue, anyValue, place, place, (value, other, source, path) => {
        const textOf = (pieces: typeof source) =>
          pieces
            .map(({ before, isOther, how, after }) => before + encoded(isOther ? other : value, how) + after)
            .join('/');
        const kept = foundAt(value, { source: textOf(source), url: `https://git.example.com/${textOf(path)}` });
        for (const text of [kept.source ?? '', kept.url ?? '']) {
          for (const secret of [value, other].map(secretOf)) expect(decoded(text)).not.toContain(secret);
        }
        expect(kept.url ?? 'https://git.example.com/too-long').toMatch(/^https:\/\/git\.example\.com(\/|$)/);
      }),
      { numRuns: isFullLength ? 20_000 : 1_000 },
    );
  });

  it('never contains a part of the value that a report writes in another way', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(22), fc.constantFrom('-', '%E2%80%8B', '%0A', '.', '/'), (value, at, between) => {
        const secret = secretOf(value);
        const part = secret.slice(at, at + 8);
        const written = [part, part.toLowerCase(), part.toUpperCase(), [...part].join(between)];
        for (const text of written) {
          const { source, url } = foundAt(value, { source: `x${text}y`, url: `https://git.example.com/a/${text}/b` });
          expect([source, url]).toEqual([null, 'https://git.example.com']);
        }
      }),
    );
  });

  const value = assembleToken('tok', 'Abcdefgh0123456789ZYXWVUTSRQPONM');
  const shown = 'tok_Abcdefgh[redacted]';
  const url = (text: string) => foundAt(value, { url: text }).url;

  it('shows the prefix of a value, and the rest of the place', () => {
    expect(url(`https://git.example.com/s/${value}/A${value}B`)).toBe(`https://git.example.com/s/${shown}/A${shown}B`);
    expect(foundAt(value, { source: `B${value}` }).source).toBe(`B${shown}`);
    expect(url('https://git.example.com/a%20b/%7Euser/%zz#L3')).toBe('https://git.example.com/a%20b/%7Euser/%zz#L3');
    expect(foundAt(value, { source: 'pull_request 100%' }).source).toBe('pull_request 100%');
  });

  it('keeps only the host if the path has the value in another form', () => {
    const forms = [
      value.replace('_', '%5F'),
      value.replace('_', '%5f'),
      value.replace('_', '%255f'),
      value.replace('_', '%25252525255F'),
      `A${value.toLowerCase()}`,
    ];
    for (const form of forms) {
      expect(url(`https://git.example.com/s/${form}/A${value}`)).toBe('https://git.example.com');
      expect(foundAt(value, { source: `in ${form}` }).source).toBe(null);
    }
  });

  it('keeps no source that has the value in another form', () => {
    for (const underscore of ['&#95;', '=5F', '\\u005f', '＿']) {
      expect(foundAt(value, { source: value.replace('_', underscore) }).source).toBe(null);
    }
  });

  it('keeps only the host if the path is encoded too often', () => {
    expect(url(`https://git.example.com/%${'25'.repeat(100)}41`)).toBe('https://git.example.com');
  });

  it('keeps nothing of an address whose host contains a value', () => {
    const other = assembleToken('acme', '0123456789ABCDEFGHIJKLMNOPQRSTUV');
    for (const host of [value, other])
      expect(url(`https://${host}.example.com/${value.replace('_', '%5F')}`)).toBe(null);
    expect(url(`https://${value}.example.com/`)).toBe(null);
  });

  it('reads a bounded part of a source', () => {
    const startedAt = performance.now();
    expect(foundAt(value, { source: `${'a_'.repeat(500_000)}${value}` }).source).toBe('a_'.repeat(32));
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
