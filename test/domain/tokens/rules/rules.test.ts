import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createRuleParser,
  noRules,
  parseRules,
  problemsOfRules,
  readRules,
  storeRules,
  type TokenRules,
} from '../../../../server/domain/tokens/rules/token-rules.ts';
import { widensRules } from '../../../../server/domain/tokens/rules/widens.ts';
import { memoize } from '../../../../server/memoize.ts';

const allowOf = (...allow: string[]) => problemsOfRules({ allow, networks: null });
const networksOf = (...networks: string[]) => problemsOfRules({ allow: null, networks });

describe('problemsOfRules', () => {
  it.each([
    'GET /',
    'GET,HEAD /api/**',
    '* /**',
    'M-SEARCH,VERSION-CONTROL /*/b',
    'GET /a/*/c/',
    'GET /caf%C3%A9/%20/100%25',
    'GET /café',
    'GET /a/',
  ])('accepts the line %s', (line) => {
    expect(allowOf(line)).toEqual([]);
  });

  it.each([
    ['', 'Write methods'],
    ['/api/**', 'Write methods'],
    [' /api', 'Write methods'],
    ['GET', 'Write methods'],
    ['get /api', 'is not a method'],
    ['GET, HEAD /api', 'is not a method'],
    ['GET,,HEAD /api', 'is not a method'],
    ['GET,* /api', 'is not a method'],
    ['G\u00cbT /api', 'is not a method'],
    ['GET api', 'must start with'],
    ['GET  /api', 'must start with'],
    ['GET *', 'must start with'],
    ['GET https://example.com/', 'must start with'],
    ['GET /a*', 'stands for a whole segment'],
    ['GET /*.css', 'stands for a whole segment'],
    ['GET /a/***', 'stands for a whole segment'],
    ['GET /**/a', 'must be the last segment'],
    ['GET /**/', 'must be the last segment'],
    ['GET /a//b', 'No request can match'],
    ['GET //', 'No request can match'],
    ['GET /a/../b', 'No request can match'],
    ['GET /a/./b', 'No request can match'],
    ['GET /a;b', 'No request can match'],
    ['GET /a\\b', 'No request can match'],
    ['GET /a%2fb', 'No request can match'],
    ['GET /a%252fb', 'No request can match'],
    ['GET /a%', 'No request can match'],
    ['GET /a%FF', 'No request can match'],
    ['GET /a?b', 'No request can match'],
    ['GET /a#b', 'No request can match'],
    ['GET /a b', 'No request can match'],
    ['GET /a\n', 'No request can match'],
    ['GET /%61pi', 'Write “a” instead of “%61”'],
    ['GET /a%3Ab', 'Write “:” instead of “%3A”'],
    ['GET /%2A', 'Write “*” instead of “%2A”'],
    [`GET /${'a'.repeat(1_024)}`, 'up to 1024 characters'],
  ])('refuses the line %j', (line, detail) => {
    expect(allowOf('GET /ok', line)).toEqual([{ pointer: '/allow/1', detail: expect.stringContaining(detail) }]);
  });

  it.each([
    '203.0.113.0/24',
    '203.0.113.7',
    '10.1.2.3/8',
    '0.0.0.0/0',
    '2001:db8::/32',
    '2001:DB8::1',
    '::/0',
    '::1/128',
  ])('accepts the network %s', (network) => {
    expect(networksOf(network)).toEqual([]);
  });

  it.each([
    '',
    'office',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/24/24',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '0x0a.0.0.1',
    '127.1',
    ' 10.0.0.1',
    '10.0.0.1\n',
    '2001:db8::/129',
    '2001:db8:::/32',
    'fe80::1%eth0',
    '::ffff:10.0.0.1',
    '::ffff:a00:1/104',
    '::127.0.0.1',
  ])('refuses the network %j', (network) => {
    expect(networksOf('10.0.0.0/8', network)).toEqual([{ pointer: '/networks/1', detail: expect.any(String) }]);
  });

  it('accepts 1 to 50 entries of each rule', () => {
    const entries = (count: number) => ({
      allow: Array<string>(count).fill('GET /'),
      networks: Array<string>(count).fill('::1'),
    });
    expect(problemsOfRules(entries(1))).toEqual([]);
    expect(problemsOfRules(entries(50))).toEqual([]);
    for (const count of [0, 51]) {
      expect(problemsOfRules(entries(count)).map(({ pointer }) => pointer)).toEqual(['/allow', '/networks']);
    }
  });
});

const rules: fc.Arbitrary<TokenRules> = fc.record({
  apps: fc.option(fc.array(fc.uuid())),
  readOnly: fc.boolean(),
  allow: fc.option(fc.array(fc.constantFrom('GET /', '* /api/**', 'PUT /a/*'), { minLength: 1 })),
  networks: fc.option(fc.array(fc.constantFrom('10.0.0.0/8', '::1'), { minLength: 1 })),
  enforce: fc.boolean(),
});

describe('stored rules', () => {
  it('are null without a rule', () => {
    expect(storeRules(noRules)).toBe(null);
    expect(readRules(null)).toEqual(noRules);
  });

  it('are the same rules when they are read again', () => {
    fc.assert(
      fc.property(rules, (written) => {
        expect(readRules(storeRules(written))).toEqual(written);
      }),
    );
  });

  it('are parsed once for each text', () => {
    const parse = createRuleParser();
    const text = storeRules({ ...noRules, allow: ['GET /api/**'] });
    expect(parse(text)).toBe(parse(text));
    expect(parse(null)).toBe(null);
  });

  it('are parsed once, even if they are as long as rules may be', () => {
    const parse = createRuleParser();
    const lineOf = (index: number) => `GET /${String(index).padEnd(1_000, 'a')}`;
    const text = storeRules({ ...noRules, allow: Array.from({ length: 50 }, (_, index) => lineOf(index)) });
    expect(text?.length).toBeGreaterThan(50_000);
    expect(parse(text)).toBe(parse(text));
  });

  it('are forgotten, the oldest first, before they fill the memory', () => {
    let computed = 0;
    const read = memoize(
      (text) => {
        computed += 1;
        return text.length;
      },
      { maxEntries: 3, maxLength: 10, maxCharacters: 12 },
    );
    const computedFor = (...texts: string[]) => {
      computed = 0;
      texts.forEach(read);
      return computed;
    };
    expect(computedFor('a', 'b', 'c', 'a', 'b', 'c')).toBe(3);
    expect(computedFor('d', 'b', 'c', 'd', 'a')).toBe(2);
    expect(computedFor('ten letter', 'ten letter', 'd', 'a', 'ten letter')).toBe(1);
    expect(computedFor('eleven char', 'eleven char')).toBe(2);
  });

  it.each(['', '{', 'null', '{"allow":["GET a"]}', '{"networks":["x"]}', '{"apps":1}', '{"allow":"GET /"}'])(
    'deny everything if they are damaged: %s',
    (text) => {
      const parsed = parseRules(text);
      expect(parsed).toMatchObject({ enforce: true });
      expect(parsed.apps?.size).toBe(0);
    },
  );
});

describe('widensRules', () => {
  const parsed = (changes: Partial<TokenRules>) => {
    const text = storeRules({ ...noRules, ...changes });
    return text === null ? null : parseRules(text);
  };

  it.each<[string, Partial<TokenRules>, Partial<TokenRules>]>([
    ['a first rule', {}, { readOnly: true }],
    ['the same rules', { allow: ['GET /a'], networks: ['::1'] }, { allow: ['GET /a'], networks: ['::1'] }],
    ['one line less', { allow: ['GET /a', 'GET /b'] }, { allow: ['GET /a'] }],
    ['a line with fewer methods', { allow: ['GET,PUT /a'] }, { allow: ['GET /a'] }],
    ['a line with a narrower path', { allow: ['GET /a/**'] }, { allow: ['GET /a', 'GET /a/', 'GET /a/*/c/**'] }],
    ['a smaller network', { networks: ['10.0.0.0/8'] }, { networks: ['10.1.0.0/16'] }],
    ['one app less', { apps: ['a', 'b'] }, { apps: ['b'] }],
    ['no app', { apps: ['a'] }, { apps: [] }],
    ['enforced rules', { apps: ['a'], enforce: false }, { apps: ['b'] }],
    ['other rules that are not enforced', { apps: ['a'], enforce: false }, { apps: ['b'], enforce: false }],
  ])('returns false for %s', (_what, from, to) => {
    expect(widensRules(parsed(from), parsed(to))).toBe(false);
  });

  it.each<[string, Partial<TokenRules>, Partial<TokenRules>]>([
    ['no rules', { readOnly: true }, {}],
    ['one rule less', { readOnly: true, allow: ['GET /a'] }, { allow: ['GET /a'] }],
    ['another method', { allow: ['GET /a'] }, { allow: ['GET,PUT /a'] }],
    ['any method', { allow: ['GET /a'] }, { allow: ['* /a'] }],
    ['another path', { allow: ['GET /a/*'] }, { allow: ['GET /a/'] }],
    ['a wider path', { allow: ['GET /a/*'] }, { allow: ['GET /a/**'] }],
    ['any path', { allow: ['GET /a'] }, { networks: ['::1'] }],
    ['a larger network', { networks: ['10.0.0.0/16'] }, { networks: ['10.0.0.0/8'] }],
    ['another kind of network', { networks: ['0.0.0.0/0'] }, { networks: ['::/0'] }],
    ['another app', { apps: ['a'] }, { apps: ['a', 'b'] }],
    ['rules that are not enforced', { apps: ['a'] }, { apps: ['a'], enforce: false }],
  ])('returns true for %s', (_what, from, to) => {
    expect(widensRules(parsed(from), parsed(to))).toBe(true);
  });
});
