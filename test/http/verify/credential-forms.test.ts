import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Credential, readCredential } from '../../../server/http/verify/credential.ts';
import { assembleToken, isWellFormedToken } from '../../../shared/token-format.ts';
import { numRuns } from '../../helpers/length.ts';

type Field = [name: string, value: string];
type Content = 'none' | 'foreign' | 'malformed' | 'ours' | 'mixed';

const encode = (pair: string) => `Basic ${Buffer.from(pair, 'latin1').toString('base64')}`;
const token = 'tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE';
const otherToken = assembleToken('abc', '0'.repeat(32));
const damaged = `${token.slice(0, -1)}0`;

/** The contents of Authorization. `malformed`: no program can read it, and it holds no token of ours. */
const authorizations: Record<Content, readonly Field[][]> = {
  none: [[], [['Authorization', '']], [['authorization', ' \t']]],
  foreign: [
    [['Authorization', 'Bearer glsa_1234']],
    [['Authorization', 'Token abc']],
    [['Authorization', encode('ada:secret')]],
    [['Authorization', `Bearer ${damaged}`]],
    [['Authorization', 'Digest username="ada", realm="app", nonce="1"']],
    [['Authorization', 'AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c']],
    [
      ['Authorization', 'Bearer a'],
      ['Authorization', 'Bearer b'],
    ],
    [
      ['Authorization', ''],
      ['Authorization', ''],
    ],
  ],
  malformed: [
    [['Authorization', 'Token']],
    [['Authorization', 'Bearer a b']],
    [['Authorization', 'Basic !']],
    [['Authorization', 'Bearer \xff']],
  ],
  ours: [
    [['Authorization', `Token ${token}`]],
    [['aUTHORIZATION', `bEARER ${token}`]],
    [['Authorization', encode(`ada:${token}`)]],
    [['Authorization', encode(`${token}:`)]],
    [['Authorization', encode(`${token}:x-oauth-basic`)]],
  ],
  mixed: [
    [['Authorization', `Token ${token}, Token ${token}`]],
    [['Authorization', `Bearer foreign,Bearer ${token}`]],
    [['Authorization', `Bearer foreign, ${token}`]],
    [['Authorization', `Digest username="ada", ${encode(`ada:${token}`)}`]],
    [['Authorization', `Token ${token} b`]],
    [
      ['Authorization', `Token ${token}`],
      ['Authorization', ''],
    ],
    [
      ['Authorization', 'Bearer foreign'],
      ['authorization', `Token ${token}`],
    ],
  ],
};

const apiKeys: Record<Content, readonly Field[][]> = {
  none: [[]],
  foreign: [
    [['X-API-Key', 'abc']],
    [['X-API-Key', damaged]],
    [['X-API-Key', 'a, b']],
    [
      ['X-API-Key', 'a'],
      ['X-API-Key', 'b'],
    ],
  ],
  malformed: [[['X-API-Key', 'a b']], [['X-API-Key', '\xff']]],
  ours: [[['X-API-Key', otherToken]], [['x-api-key', ` ${otherToken}`]]],
  mixed: [
    [['X-API-Key', `${otherToken},x`]],
    [['X-API-Key', `Token ${otherToken}`]],
    [
      ['X-API-Key', otherToken],
      ['X-API-Key', otherToken],
    ],
    [
      ['X-API-Key', ''],
      ['X-API-Key', otherToken],
    ],
  ],
};

/** The field that decides, by the contents of Authorization and X-API-Key. Null: the request is denied, even with valid tokens. */
const table: Record<Content, Record<Content, 'authorization' | 'x-api-key' | null>> = {
  none: { none: null, foreign: null, malformed: null, ours: 'x-api-key', mixed: null },
  foreign: { none: null, foreign: null, malformed: null, ours: 'x-api-key', mixed: null },
  malformed: { none: null, foreign: null, malformed: null, ours: 'x-api-key', mixed: null },
  ours: { none: 'authorization', foreign: 'authorization', malformed: 'authorization', ours: null, mixed: null },
  mixed: { none: null, foreign: null, malformed: null, ours: null, mixed: null },
};

const contents: readonly Content[] = ['none', 'foreign', 'malformed', 'ours', 'mixed'];
const pairs = contents.flatMap((left) => contents.map((right) => [left, right] as const));

/** Returns the field of the token that the request would be allowed with, or null. */
function deciding(credential: Credential): string | null {
  return credential.kind === 'value' && isWellFormedToken(credential.value) ? credential.field : null;
}

describe('readCredential', () => {
  it.each(pairs)('decides between an Authorization that holds %s and an X-API-Key that holds %s', (left, right) => {
    for (const authorization of authorizations[left]) {
      for (const key of apiKeys[right]) {
        for (const fields of [
          [...authorization, ...key],
          [...key, ['Cookie', `token=${token}`], ...authorization],
        ]) {
          const credential = readCredential(fields.flat());
          const expected = table[left][right];
          expect({ fields, field: deciding(credential) }).toEqual({ fields, field: expected });
          const value = { authorization: token, 'x-api-key': otherToken }[expected ?? 'authorization'];
          if (expected !== null) expect(credential).toMatchObject({ value });
        }
      }
    }
  });

  it.each([
    ['bare', token],
    ['after Token', `Token ${token}`],
    ['after Bearer', `bearer ${token}`],
  ])('takes X-Tokens-Authorization %s, whatever else is sent', (_form, own) => {
    for (const [left, right] of pairs) {
      for (const authorization of authorizations[left]) {
        for (const key of apiKeys[right]) {
          const fields = [...authorization, ['X-Tokens-Authorization', own], ...key];
          const expected = { kind: 'value', value: token, field: 'x-tokens-authorization' };
          expect(readCredential(fields.flat())).toEqual(expected);
        }
      }
    }
  });

  it.each<[string, Field[]]>([
    ['empty', [['X-Tokens-Authorization', '']]],
    ['without a value', [['X-Tokens-Authorization', 'Bearer']]],
    ['malformed', [['X-Tokens-Authorization', `${token} ${token}`]]],
    ['damaged', [['X-Tokens-Authorization', damaged]]],
    ['a list', [['X-Tokens-Authorization', `${token}, ${token}`]]],
    ['a list without spaces', [['X-Tokens-Authorization', `${token},${token}`]]],
    ['Basic', [['X-Tokens-Authorization', encode(`ada:${token}`)]]],
    [
      'duplicated',
      [
        ['X-Tokens-Authorization', token],
        ['x-tokens-authorization', token],
      ],
    ],
    [
      'duplicated and once empty',
      [
        ['X-Tokens-Authorization', token],
        ['X-Tokens-Authorization', ''],
      ],
    ],
  ])('denies a request whose X-Tokens-Authorization is %s, whatever else is sent', (_problem, own) => {
    for (const [left, right] of pairs) {
      const fields = [...own, ...(authorizations[left][0] ?? []), ...(apiKeys[right][0] ?? [])];
      expect({ fields, field: deciding(readCredential(fields.flat())) }).toEqual({ fields, field: null });
    }
  });
});

const name = fc.constantFrom('Authorization', 'X-API-Key', 'X-Tokens-Authorization', 'Cookie', 'X_API_Key', 'Accept');
const byte = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
const foreign = fc.oneof(
  fc.string({ unit: byte }),
  fc.constantFrom('', ' ', 'abc', damaged, 'Bearer abc', 'Digest a="b", c="d"', encode('ada:abc'), 'Basic !'),
);
const ours = fc
  .tuple(fc.constantFrom(token, otherToken), fc.constantFrom('', 'Token ', 'bearer ', 'basic', 'basic user'))
  .map(([value, form]) => {
    if (form === 'basic') return encode(`x:${value}`);
    return form === 'basic user' ? encode(`${value}:`) : form + value;
  });
const list = fc
  .tuple(fc.array(fc.oneof(foreign, ours), { minLength: 2, maxLength: 3 }), fc.constantFrom(',', ', ', ' '))
  .map(([values, separator]) => values.join(separator));
const fieldLists = fc.array(fc.tuple(name, fc.oneof(foreign, ours, ours, list)), { maxLength: 5 });

/** A second opinion on whether a value holds a token: any text of that shape in it, or in base64 in it. */
function mentionsToken(value: string): boolean {
  const decoded = (value.match(/[\w+/=-]{8,}/g) ?? []).map((text) => Buffer.from(text, 'base64').toString('latin1'));
  return [value, ...decoded].some((text) => text.includes(token) || text.includes(otherToken));
}

describe('over raw header lists, readCredential', () => {
  const check = (property: (fields: Field[]) => void) =>
    fc.assert(fc.property(fieldLists, property), { numRuns: numRuns(500) });

  it('decides on one token in one field only, which no other field that counts contradicts', () => {
    check((fields) => {
      const credential = readCredential(fields.flat());
      const field = deciding(credential);
      if (field === null) return;
      const sent = fields.filter(([name]) => name.toLowerCase() === field);
      expect(sent.length).toBe(1);
      expect(mentionsToken(sent[0]?.[1] ?? '')).toBe(true);
      const own = fields.filter(([name]) => name === 'X-Tokens-Authorization');
      expect(own.length).toBe(field === 'x-tokens-authorization' ? 1 : 0);
    });
  });

  it('allows no request in which Authorization and X-API-Key both hold a token in a form that counts', () => {
    fc.assert(
      fc.property(fieldLists, fc.boolean(), (others, reversed) => {
        const two: Field[] = [
          ['Authorization', `Token ${token}`],
          ['X-API-Key', otherToken],
        ];
        if (reversed) two.reverse();
        const fields = [...two, ...others].filter(([name]) => name !== 'X-Tokens-Authorization');
        expect(deciding(readCredential(fields.flat()))).toBe(null);
      }),
      { numRuns: numRuns(200) },
    );
  });

  it('depends on X-Tokens-Authorization alone if that is present', () => {
    check((fields) => {
      const own = fields.filter(([name]) => name === 'X-Tokens-Authorization');
      if (own.length > 0) expect(readCredential(fields.flat())).toEqual(readCredential(own.flat()));
    });
  });

  it('does not depend on other fields, the case of names, or the order of fields with different names', () => {
    check((fields) => {
      const counts = /^(?:authorization|x-api-key|x-tokens-authorization)$/i;
      const relevant = fields.filter(([name]) => counts.test(name));
      const sorted = [...relevant]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([name, value]) => [name.toUpperCase(), value]);
      expect(readCredential(sorted.flat())).toEqual(readCredential(fields.flat()));
    });
  });

  it('lets a credential of the app beside a token decide nothing', () => {
    fc.assert(
      fc.property(foreign, fc.boolean(), (value, first) => {
        const app: Field = ['Authorization', value];
        const key: Field = ['X-API-Key', token];
        const fields = first ? [app, key] : [key, app];
        expect(readCredential(fields.flat())).toEqual({ kind: 'value', value: token, field: 'x-api-key' });
      }),
      { numRuns: numRuns(500) },
    );
  });
});
