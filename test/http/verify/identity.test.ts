import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeIdentity } from '../../../server/http/verify/identity.ts';

describe('encodeIdentity', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    ['Ada Lovelace', 'Ada%20Lovelace'],
    ['100%', '100%25'],
    ['Löve 😀', 'L%C3%B6ve%20%F0%9F%98%80'],
    ['a\r\nX-Auth-Superuser: true', 'a%0D%0AX-Auth-Superuser:%20true'],
    ['\x7f\x80', '%7F%C2%80'],
    ['', ''],
  ])('encodes %j as %s', (text, encoded) => {
    expect(encodeIdentity(text)).toBe(encoded);
  });

  it('produces visible ASCII that decodes to the original text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(encodeIdentity(text)).toMatch(/^[\x21-\x7e]*$/);
        expect(decodeURIComponent(encodeIdentity(text))).toBe(text);
      }),
    );
  });
});
