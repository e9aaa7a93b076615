import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assembleToken,
  base62Alphabet,
  bodyLength,
  checksum,
  displayPrefix,
  isWellFormedToken,
} from '../../shared/token-format.ts';
import vectors from './token-vectors.json' with { type: 'json' };

const productPrefix = fc.stringMatching(/^[a-z][a-z0-9]{1,9}$/);
const body = fc.string({ unit: fc.constantFrom(...base62Alphabet), minLength: bodyLength, maxLength: bodyLength });
const token = fc.tuple(productPrefix, body).map(([prefix, random]) => assembleToken(prefix, random));

describe('the format of a token', () => {
  it('uses the published alphabet', () => {
    expect(base62Alphabet).toBe(vectors.alphabet);
  });

  it.each(vectors.good)('accepts $value', ({ product_prefix, body, crc32, value, prefix }) => {
    expect(assembleToken(product_prefix, body)).toBe(value);
    expect(isWellFormedToken(value)).toBe(true);
    expect(displayPrefix(value)).toBe(prefix);
    const digits = [...value.slice(-6)].reduce((sum, digit) => sum * 62 + vectors.alphabet.indexOf(digit), 0);
    expect(digits).toBe(Number.parseInt(crc32, 16));
  });

  it.each(vectors.bad)('rejects a value: $why', ({ value }) => {
    expect(isWellFormedToken(value)).toBe(false);
  });

  it.each([' ', '\n', '\0'])('rejects a value with %j around it', (space) => {
    for (const { value } of vectors.good) {
      expect(isWellFormedToken(`${value}${space}`)).toBe(false);
      expect(isWellFormedToken(`${space}${value}`)).toBe(false);
    }
  });

  it('accepts every assembled value, under every product prefix', () => {
    fc.assert(
      fc.property(token, (value) => {
        expect(isWellFormedToken(value)).toBe(true);
        expect(value.startsWith(displayPrefix(value))).toBe(true);
        expect(displayPrefix(value)).toMatch(/^[a-z][a-z0-9]{1,9}_[0-9A-Za-z]{8}$/);
      }),
    );
  });

  it('rejects a value with any one character replaced', () => {
    fc.assert(
      fc.property(token, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (value, at, other) => {
        const place = at % value.length;
        fc.pre(value[place] !== other);
        expect(isWellFormedToken(value.slice(0, place) + other + value.slice(place + 1))).toBe(false);
      }),
    );
  });

  it('has a checksum of six characters, the CRC of the text', () => {
    expect(checksum('123456789')).toBe(base62(0xcbf43926));
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(checksum(text)).toMatch(/^[0-9A-Za-z]{6}$/);
      }),
    );
  });
});

function base62(number: number): string {
  const digit = vectors.alphabet[number % 62] ?? '';
  return (number < 62 ? digit : base62(Math.floor(number / 62)) + digit).padStart(6, '0').slice(-6);
}
