import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCredential } from '../../../server/http/verify/credential.ts';

const basic = (pair: string) => `Basic ${Buffer.from(pair, 'latin1').toString('base64')}`;
const value = (text: string) => ({ kind: 'value', value: text });
const malformed = (problem: string) => ({ kind: 'malformed', problem });
const none = { kind: 'none' };
const ambiguous = { kind: 'ambiguous' };

describe('readCredential', () => {
  it.each<[string, string[], unknown]>([
    ['nothing', [], none],
    ['an empty Authorization', ['Authorization', ''], none],
    ['an Authorization of blanks', ['Authorization', ' \t '], none],
    ['another scheme', ['Authorization', 'Digest username="a"'], none],
    ['a scheme that only begins like one', ['Authorization', 'Tokens abc'], none],
    ['a value without a scheme', ['Authorization', 'tok_abc'], none],
    ['other fields', ['Cookie', 'token=abc', 'X-Token', 'abc', 'X_API_Key', 'abc'], none],
    ['Token', ['Authorization', 'Token abc'], value('abc')],
    ['Bearer', ['Authorization', 'Bearer abc'], value('abc')],
    ['X-API-Key', ['X-API-Key', 'abc'], value('abc')],
    ['X-API-Key beside an empty Authorization', ['Authorization', '', 'X-API-Key', 'abc'], value('abc')],
    ['schemes and names in any case', ['aUTHORIZATION', 'tOKEN abc'], value('abc')],
    ['any ASCII white space between', ['Authorization', '  Bearer\t \x0b abc '], value('abc')],
    ['text beyond ASCII that is UTF-8', ['X-API-Key', Buffer.from('schlüssel').toString('latin1')], value('schlüssel')],
    ['a no-break space, which separates nothing', ['Authorization', 'Token\u00a0abc'], none],
    ['Token alone', ['Authorization', 'Token'], malformed('empty')],
    ['bearer alone', ['Authorization', 'bearer '], malformed('empty')],
    ['an empty X-API-Key', ['X-API-Key', ''], malformed('empty')],
    ['two words', ['Authorization', 'Token a b'], malformed('spaces')],
    ['two words in X-API-Key', ['X-API-Key', 'a b'], malformed('spaces')],
    ['a comma-joined Authorization', ['Authorization', 'Token a, Token b'], malformed('spaces')],
    ['bytes that are not UTF-8', ['Authorization', 'Bearer \xff'], malformed('characters')],
    ['an overlong encoding', ['Authorization', 'Token \xc0\xaf'], malformed('characters')],
    ['an encoded surrogate', ['X-API-Key', '\xed\xa0\x80'], malformed('characters')],
    ['spaces before characters', ['Authorization', 'Token \xff \xff'], malformed('spaces')],
    ['two fields', ['Authorization', 'Token a', 'authorization', 'Token a'], ambiguous],
    ['a second field that is empty', ['Authorization', 'Token a', 'Authorization', ''], ambiguous],
    ['a first field that is empty', ['Authorization', '', 'Authorization', 'Token a'], ambiguous],
    ['two that are empty', ['Authorization', '', 'Authorization', ''], ambiguous],
    ['two that are empty beside a key', ['Authorization', '', 'Authorization', '', 'X-API-Key', 'a'], ambiguous],
    ['two X-API-Key', ['X-API-Key', 'a', 'X-API-Key', 'a'], ambiguous],
    ['both', ['Authorization', 'Token a', 'X-API-Key', 'a'], ambiguous],
    ['both, one of another scheme', ['Authorization', 'Digest a', 'X-API-Key', 'a'], ambiguous],
    ['both, one malformed', ['X-API-Key', 'a', 'Authorization', 'Token'], ambiguous],
    ['both, the key empty', ['Authorization', 'Token a', 'X-API-Key', ''], ambiguous],
  ])('understands %s', (_what, headers, expected) => {
    expect(readCredential(headers)).toEqual(expected);
  });

  it.each([
    ['with a user', basic('ada:abc'), value('abc')],
    ['without a user', basic(':abc'), value('abc')],
    ['with another colon, which is the password’s', basic('ada:a:b'), value('a:b')],
    ['with an empty password', basic('ada:'), value('')],
    ['with a user beyond ASCII', basic('ad\xe4:abc'), value('abc')],
    ['without a colon', basic('abc'), malformed('other')],
    ['alone', 'Basic', malformed('other')],
    ['in two parts', `${basic('ada:abc')} x`, malformed('other')],
    ['that is no base64', 'Basic ad*:', malformed('other')],
    ['with junk that lenient decoders pass over', `${basic('ada:abc')}!`, malformed('other')],
    ['in base64url', 'Basic Ojw_Pz8-Pg==', malformed('other')],
    ['with bits left over', 'Basic OmF=', malformed('other')],
  ])('reads Basic %s', (_what, authorization, expected) => {
    expect(readCredential(['Authorization', authorization])).toEqual(expected);
  });

  it('never throws and finds at most one credential, whatever is sent', () => {
    const name = fc.constantFrom('Authorization', 'authorization', 'X-API-Key', 'Cookie');
    const bytes = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)) });
    const text = fc.oneof(
      bytes,
      fc.constantFrom('Token ', 'Bearer ', 'Basic ').chain((s) => bytes.map((b) => s + b)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, text), { maxLength: 4 }), (fields) => {
        const credential = readCredential(fields.flat());
        const sent = fields.filter(([field, sent]) => field !== 'Cookie' && /[^\t\n\v\f\r ]/.test(sent));
        if (credential.kind === 'value') expect(sent.length).toBe(1);
        if (sent.length > 1) expect(credential.kind).toBe('ambiguous');
      }),
    );
  });
});
