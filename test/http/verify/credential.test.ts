import { describe, expect, it } from 'vitest';
import { readCredential } from '../../../server/http/verify/credential.ts';
import { assembleToken } from '../../../shared/token-format.ts';

const basic = (pair: string) => `Basic ${Buffer.from(pair, 'latin1').toString('base64')}`;
const token = 'tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE';
const otherToken = assembleToken('abc', '0'.repeat(32));
const value = (text: string, field = 'authorization') => ({ kind: 'value', value: text, field });
const apiKey = (text: string) => value(text, 'x-api-key');
const own = (text: string) => value(text, 'x-tokens-authorization');
const malformed = (problem: string) => ({ kind: 'malformed', problem });
const none = { kind: 'none' };
const ambiguous = { kind: 'ambiguous' };

describe('readCredential', () => {
  it.each<[string, string[], unknown]>([
    ['no header field', [], none],
    ['an empty Authorization', ['Authorization', ''], none],
    ['an Authorization of white space', ['Authorization', ' \t '], none],
    ['another scheme', ['Authorization', 'Digest username="a"'], none],
    ['a scheme that starts with Token', ['Authorization', 'Tokens abc'], none],
    ['a value without a scheme', ['Authorization', 'tok_abc'], none],
    ['unrelated fields', ['Cookie', 'token=abc', 'X-Token', 'abc', 'X_API_Key', 'abc'], none],
    ['the Token scheme', ['Authorization', 'Token abc'], value('abc')],
    ['the Bearer scheme', ['Authorization', 'Bearer abc'], value('abc')],
    ['X-API-Key', ['X-API-Key', 'abc'], apiKey('abc')],
    ['X-API-Key beside an empty Authorization', ['Authorization', '', 'X-API-Key', 'abc'], apiKey('abc')],
    ['schemes and field names in any case', ['aUTHORIZATION', 'tOKEN abc'], value('abc')],
    ['any ASCII white space as a separator', ['Authorization', '  Bearer\t \x0b abc '], value('abc')],
    ['UTF-8 text', ['X-API-Key', Buffer.from('schlüssel').toString('latin1')], apiKey('schlüssel')],
    ['a no-break space, which is not a separator', ['Authorization', 'Token\u00a0abc'], none],
    ['the Token scheme without a value', ['Authorization', 'Token'], malformed('empty')],
    ['the Bearer scheme without a value', ['Authorization', 'bearer '], malformed('empty')],
    ['an empty X-API-Key', ['X-API-Key', ''], malformed('empty')],
    ['two words', ['Authorization', 'Token a b'], malformed('spaces')],
    ['two words in X-API-Key', ['X-API-Key', 'a b'], malformed('spaces')],
    ['a comma-joined Authorization', ['Authorization', 'Token a, Token b'], malformed('spaces')],
    ['invalid UTF-8', ['Authorization', 'Bearer \xff'], malformed('characters')],
    ['an overlong UTF-8 encoding', ['Authorization', 'Token \xc0\xaf'], malformed('characters')],
    ['a UTF-8 encoded surrogate', ['X-API-Key', '\xed\xa0\x80'], malformed('characters')],
    ['two words of invalid UTF-8', ['Authorization', 'Token \xff \xff'], malformed('spaces')],
    ['two Authorization fields', ['Authorization', 'Token a', 'authorization', 'Token a'], ambiguous],
    ['two Authorization fields, the second empty', ['Authorization', 'Token a', 'Authorization', ''], ambiguous],
    ['two Authorization fields, the first empty', ['Authorization', '', 'Authorization', 'Token a'], ambiguous],
    ['two empty Authorization fields', ['Authorization', '', 'Authorization', ''], ambiguous],
    [
      'two empty Authorization fields and an X-API-Key',
      ['Authorization', '', 'Authorization', '', 'X-API-Key', 'a'],
      ambiguous,
    ],
    ['two X-API-Key fields', ['X-API-Key', 'a', 'X-API-Key', 'a'], ambiguous],
    ['an invalid Authorization and X-API-Key', ['Authorization', 'Token a', 'X-API-Key', 'b'], value('a')],
    ['X-API-Key and an Authorization with another scheme', ['Authorization', 'Digest a', 'X-API-Key', 'a'], none],
    ['X-API-Key and a malformed Authorization', ['X-API-Key', 'a', 'Authorization', 'Token'], malformed('empty')],
    ['Authorization and an empty X-API-Key', ['Authorization', 'Token a', 'X-API-Key', ''], value('a')],
    ['X-Tokens-Authorization', ['X-Tokens-Authorization', 'abc'], own('abc')],
    ['X-Tokens-Authorization with Token', ['x-tokens-authorization', 'token abc'], own('abc')],
    ['X-Tokens-Authorization with Bearer', ['X-Tokens-Authorization', ' BEARER  abc '], own('abc')],
    ['an empty X-Tokens-Authorization', ['X-Tokens-Authorization', ''], malformed('empty')],
    ['X-Tokens-Authorization without a value', ['X-Tokens-Authorization', 'Token'], malformed('empty')],
    ['X-Tokens-Authorization with Basic', ['X-Tokens-Authorization', basic(`ada:${token}`)], malformed('spaces')],
    ['two words in X-Tokens-Authorization', ['X-Tokens-Authorization', `${token} b`], malformed('spaces')],
    ['a list in X-Tokens-Authorization', ['X-Tokens-Authorization', `${token},${token}`], own(`${token},${token}`)],
    ['invalid UTF-8 in X-Tokens-Authorization', ['X-Tokens-Authorization', '\xff'], malformed('characters')],
    [
      'two X-Tokens-Authorization fields',
      ['X-Tokens-Authorization', token, 'X-Tokens-Authorization', token],
      ambiguous,
    ],
  ])('classifies %s', (_headers, headers, expected) => {
    expect(readCredential(headers)).toEqual(expected);
  });

  it.each([
    ['with a user name', basic('ada:abc'), value('abc')],
    ['without a user name', basic(':abc'), value('abc')],
    ['with a second colon, which belongs to the password', basic('ada:a:b'), value('a:b')],
    ['with an empty password', basic('ada:'), value('')],
    ['with a non-ASCII user name', basic('ad\xe4:abc'), value('abc')],
    ['without a colon', basic('abc'), malformed('other')],
    ['without a value', 'Basic', malformed('other')],
    ['with two words', `${basic('ada:abc')} x`, malformed('other')],
    ['with invalid base64', 'Basic ad*:', malformed('other')],
    ['with a trailing character that lenient decoders ignore', `${basic('ada:abc')}!`, malformed('other')],
    ['in URL-safe base64 with padding', 'Basic Ojw_Pz8-Pg==', value('<???>>')],
    ['in URL-safe base64 without padding', 'Basic Ojw_Pz8-Pg', value('<???>>')],
    ['in base64 without padding', 'Basic Ojw/Pz8+Pg', value('<???>>')],
    ['in base64 with half of its padding', 'Basic Ojw/Pz8+Pg=', malformed('other')],
    ['in a mixture of both alphabets', 'Basic Ojw_Pz8+Pg==', malformed('other')],
    ['with non-zero trailing bits', 'Basic OmF=', malformed('other')],
    ['with non-zero trailing bits and without padding', 'Basic OmF', malformed('other')],
    ['with 60,000 padding characters', `Basic ${'='.repeat(60_000)}x`, malformed('other')],
    ['with a token as the user name and an empty password', basic(`${token}:`), value(token)],
    ['with a token as the user name and x-oauth-basic', basic(`${token}:x-oauth-basic`), value(token)],
    ['with a token as the user name and another password', basic(`${token}:abc`), value('abc')],
    ['with two tokens, of which the password counts', basic(`${token}:${otherToken}`), value(otherToken)],
    ['with a user name that only resembles a token', basic(`${token.slice(0, -1)}0:`), value('')],
    ['with an unknown user name and x-oauth-basic', basic('ada:x-oauth-basic'), value('x-oauth-basic')],
    ['with x-oauth-basic in capitals', basic(`${token}:X-OAuth-Basic`), value('X-OAuth-Basic')],
    ['with a token before a second colon', basic(`${token}::`), value(':')],
  ])('reads Basic credentials %s', (_form, authorization, expected) => {
    expect(readCredential(['Authorization', authorization])).toEqual(expected);
  });
});
