import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codePoints, foldName, hasForbiddenCharacters, normalizeName } from '../../shared/names.ts';
import { tokenNameSchema, userNameSchema } from '../../shared/schemas/common.ts';

const text = fc.string({ unit: 'binary' });

describe('names', () => {
  it.each([
    ['CI-Pipeline', 'ci-pipeline'],
    ['Stra\u00dfe', 'STRASSE'],
    ['Cafe\u0301', 'caf\u00e9'],
    ['\u039f\u03b4\u03cc\u03c2', '\u03bf\u03b4\u03cc\u03c3'],
    ['\u212b', 'a\u030a'],
    ['\ufb01le', 'FILE'],
  ])('fold to the same text: %s and %s', (one, other) => {
    expect(foldName(one)).toBe(foldName(other));
  });

  it('differ if more than case and normal form differs', () => {
    expect(foldName('resume')).not.toBe(foldName('r\u00e9sum\u00e9'));
    expect(foldName('a b')).not.toBe(foldName('ab'));
  });

  it('fold idempotently, and identically for every normal form', () => {
    fc.assert(
      fc.property(text, (name) => {
        const folded = foldName(name);
        expect(foldName(folded)).toBe(folded);
        expect(folded.normalize('NFC')).toBe(folded);
        expect(foldName(name.normalize('NFD'))).toBe(folded);
      }),
    );
  });

  it('fold identically in lower and upper case of any letter', () => {
    const letter = fc.stringMatching(/^[a-zA-Z\u00c0-\u00f6\u0391-\u03a9\u0410-\u044f]{1,20}$/);
    fc.assert(
      fc.property(letter, (name) => {
        expect(foldName(name.toUpperCase())).toBe(foldName(name.toLowerCase()));
      }),
    );
  });

  it('are normalized idempotently', () => {
    fc.assert(
      fc.property(text, (name) => {
        const normalized = normalizeName(name);
        expect(normalizeName(normalized)).toBe(normalized);
        expect(normalized).not.toMatch(/^\p{White_Space}|\p{White_Space}$/u);
      }),
    );
  });

  it('lose surrounding Unicode white space and keep it inside', () => {
    expect(normalizeName('\u0085\u3000 a\u00a0b \t\u2028')).toBe('a\u00a0b');
    expect(normalizeName(`${' '.repeat(10_000)}e\u0301\n`)).toBe('\u00e9');
  });

  it('are measured in code points', () => {
    expect(codePoints('😀é')).toBe(2);
  });

  it.each([
    '\0',
    '\r',
    '\n',
    '\u001b',
    '\u007f',
    '\u009b',
    '\u200b',
    '\u202e',
    '\u2028',
    '\u2029',
    '\ufeff',
    '\ue000',
    '\ud800',
  ])('must not contain %j', (character) => {
    expect(hasForbiddenCharacters(`a${character}b`)).toBe(true);
    expect(tokenNameSchema.safeParse(`a${character}b`).success).toBe(false);
  });

  it.each([
    ['', false],
    [' \t ', false],
    ['a', true],
    ['😀'.repeat(64), true],
    ['😀'.repeat(65), false],
    [` ${'a'.repeat(64)} `, true],
    ['a'.repeat(10_000), false],
    ['e\u0301'.repeat(64), true],
  ])('of tokens have 1 to 64 characters: %#', (name, valid) => {
    expect(tokenNameSchema.safeParse(name).success).toBe(valid);
  });

  it('of users may be empty', () => {
    expect(userNameSchema.parse('  ')).toBe('');
  });
});
