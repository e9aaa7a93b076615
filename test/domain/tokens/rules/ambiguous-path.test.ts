import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAmbiguousPath } from '../../../../server/domain/tokens/rules/ambiguous-path.ts';

const bytes = (text: string) => Buffer.from(text).toString('latin1');

describe('isAmbiguousPath', () => {
  it.each([
    '/',
    '/api',
    '/api/',
    '/api/v1/builds/42',
    '/a.b/..c/d../...',
    '/.well-known/x',
    '/%20/%3F/%23',
    '/100%25',
    '/100%2541',
    '/caf%C3%A9',
    bytes('/café/日本'),
    "/-._~!$&'()*+,=:@",
    '/%2a%3A%40',
    '/"<>[]^`{|}',
  ])('accepts %s', (path) => {
    expect(isAmbiguousPath(path)).toBe(false);
  });

  it.each([
    ['no slash at the beginning', '*'],
    ['no path', ''],
    ['a full address', 'http://example.com/api'],
    ['an empty segment', '/a//b'],
    ['an empty segment at the beginning', '//a'],
    ['an empty segment at the end', '/a//'],
    ['a dot segment', '/a/./b'],
    ['a dot segment at the end', '/a/.'],
    ['a double-dot segment', '/a/../b'],
    ['a double-dot segment at the end', '/a/..'],
    ['an encoded dot segment', '/a/%2e/b'],
    ['an encoded double-dot segment', '/a/%2E%2e/b'],
    ['a half-encoded double-dot segment', '/a/.%2e'],
    ['a backslash', '/a\\b'],
    ['an encoded backslash', '/a%5cb'],
    ['an encoded backslash in capitals', '/a%5Cb'],
    ['a semicolon', '/a;b'],
    ['a semicolon after dots', '/a/..;/b'],
    ['an encoded semicolon', '/a%3bb'],
    ['an encoded semicolon in capitals', '/a%3B'],
    ['an encoded slash', '/a%2fb'],
    ['an encoded slash in capitals', '/a%2Fb'],
    ['a control character', '/a\u0001b'],
    ['DEL', '/a\u007fb'],
    ['an encoded NUL', '/a%00b'],
    ['an encoded line feed', '/a%0ab'],
    ['an encoded DEL', '/a%7f'],
    ['an encoded C1 control', '/a%c2%85'],
    ['a C1 control', '/a\xc2\x85'],
    ['a lone percent sign', '/100%'],
    ['an escape without digits', '/%zz'],
    ['an escape of one digit', '/%2'],
    ['an escape of Microsoft', '/%u002e%u002e'],
    ['an encoded byte that is not UTF-8', '/%ff'],
    ['an overlong dot', '/a/%c0%ae%c0%ae/b'],
    ['an overlong slash', '/a%c0%afb'],
    ['a surrogate', '/%ed%a0%80'],
    ['half of a character', '/%e3%80'],
    ['a byte that is not UTF-8', '/\xff'],
    ['a byte completed by an escape that is not', '/\xc3%28'],
    ['a space', '/a b'],
    ['a fragment', '/a#b'],
    ['a query', '/a?b'],
    ['a double-dot segment that is encoded twice', '/a/%252e%252e/b'],
    ['a double-dot segment of which digits are encoded', '/a/%25%32%65./b'],
    ['a slash that is encoded twice', '/a%252fb'],
    ['a slash that is encoded three times', '/a%25252fb'],
    ['a slash that is encoded nine times', `/a%${'25'.repeat(8)}2fb`],
    ['a backslash that is encoded twice', '/a%255cb'],
    ['a NUL that is encoded twice', '/a%2500'],
  ])('refuses %s', (_what, path) => {
    expect(isAmbiguousPath(path)).toBe(true);
  });

  it('judges a path of common characters like the same path with an escape', () => {
    const segment = fc.string({
      unit: fc.constantFrom('a', 'Z', '0', '_', '-', '.', '/', '~', '\\', ';', ' ', '\n', '\xff'),
      maxLength: 6,
    });
    fc.assert(
      fc.property(segment, segment, (start, end) => {
        const path = `/${start}/b/${end}`;
        expect(isAmbiguousPath(path)).toBe(isAmbiguousPath(path.replace('/b/', '/%62/')));
      }),
      {
        examples: [
          ['', ''],
          ['a', '.'],
          ['a.', '..'],
          ['..a', '-.'],
          ['.', 'a'],
          ['a', '\n'],
          ['a/', 'b'],
        ],
      },
    );
  });

  it('takes little time for a path of 64 KB', () => {
    const started = performance.now();
    for (const unit of ['a/', 'a.', '%25', '/', '/a', '%', '/.', '%2525', 'a', '%c3%a9', '\xc3\xa9', '%2541']) {
      isAmbiguousPath(`/${unit.repeat(65_536 / unit.length)}`);
    }
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('never throws', () => {
    const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(fc.string({ unit: fc.oneof(byte, fc.constantFrom('/', '%', '.', '2', 'e', 'f', 'c')) }), (path) => {
        expect(typeof isAmbiguousPath(path)).toBe('boolean');
      }),
    );
  });
});
