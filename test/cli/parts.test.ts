import { Chalk } from 'chalk';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { matchName } from '../../cli/api/find/match-name.ts';
import { openKeychain } from '../../cli/credentials/keychain.ts';
import { parseExpiry, parsePeriod } from '../../cli/input/parse-time.ts';
import { parseServerUrl } from '../../cli/session/server-url.ts';
import { toJson } from '../../cli/ui/json.ts';
import { sanitize } from '../../cli/ui/sanitize.ts';
import { tableLines } from '../../cli/ui/table.ts';
import { relativeTime, timeAgo } from '../../shared/times/relative-time.ts';

describe('server addresses', () => {
  it.each([
    ['https://Tokens.Example.com', 'https://tokens.example.com', 'tokens.example.com'],
    ['https://tokens.example.com:443/', 'https://tokens.example.com', 'tokens.example.com'],
    ['https://example.com/tokens/', 'https://example.com/tokens', 'example.com/tokens'],
    ['http://localhost:8420', 'http://localhost:8420', 'localhost:8420'],
    ['http://127.8.9.1:1', 'http://127.8.9.1:1', '127.8.9.1:1'],
    ['http://[::1]:8420', 'http://[::1]:8420', '[::1]:8420'],
    ['tokens.example.com', 'https://tokens.example.com', 'tokens.example.com'],
    [' tokens.example.com:8443/ ', 'https://tokens.example.com:8443', 'tokens.example.com:8443'],
    ['example.com/tokens', 'https://example.com/tokens', 'example.com/tokens'],
    ['localhost:8420', 'http://localhost:8420', 'localhost:8420'],
    ['127.0.0.1', 'http://127.0.0.1', '127.0.0.1'],
    ['[::1]:8420', 'http://[::1]:8420', '[::1]:8420'],
    ['https://tokens.example.com/login', 'https://tokens.example.com', 'tokens.example.com'],
    ['https://tokens.example.com/login?next=%2Fprofile', 'https://tokens.example.com', 'tokens.example.com'],
    ['tokens.example.com/profile/api-tokens', 'https://tokens.example.com', 'tokens.example.com'],
    ['https://example.com/tokens/organization/team#member', 'https://example.com/tokens', 'example.com/tokens'],
    ['https://example.com/tokens/api/v1/', 'https://example.com/tokens', 'example.com/tokens'],
    ['https://example.com/profiles', 'https://example.com/profiles', 'example.com/profiles'],
    ['https://login.example.com', 'https://login.example.com', 'login.example.com'],
  ])('parses %s as %s', (text, url, host) => {
    expect(parseServerUrl(text, false)).toEqual({ url, host });
  });

  it.each([
    'http://example.com',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'http://[::ffff:127.0.0.1]',
    'http://0.0.0.0',
    'HTTP://example.com',
  ])('rejects plain http to %s, which is not loopback', (text) => {
    expect(() => parseServerUrl(text, false)).toThrow(/Refusing http/);
    expect(parseServerUrl(text, true).url).toMatch(/^http:/);
  });

  it.each([
    '',
    ' ',
    'https://',
    'ada:secret@tokens.example.com',
    'mailto:ada@example.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://a@b',
    'https://:p@b',
    'https://b?x',
    'https://b#x',
    '//b',
  ])('rejects %j', (text) => {
    expect(() => parseServerUrl(text, true)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});

describe('times on the command line', () => {
  it.each([
    ['30m', { expires_in: 1800 }],
    ['1y', { expires_in: 31_536_000 }],
    ['never', { expires_in: null }],
    ['2028-02-29', { expires_at: '2028-02-29T23:59:59.999Z' }],
    ['2027-01-31T12:00Z', { expires_at: '2027-01-31T12:00:00.000Z' }],
  ])('parses --expires %s', (text, expected) => {
    expect(parseExpiry(text)).toEqual(expected);
  });

  it.each([
    '2027-02-29',
    '2027-13-01',
    '2027-01-31T25:00:00Z',
    '2027-01-31T12:00:00',
    '2027-1-1',
    '31.1.2027',
    'NEVER',
    '1.5h',
    '1 h',
    ' 1h',
  ])('rejects --expires %s', (text) => {
    expect(() => parseExpiry(text)).toThrow(/--expires/);
  });

  it('parses --since and --until as durations before now, dates in UTC or times', () => {
    const now = new Date('2026-11-23T16:20:00.000Z');
    const period = (since: string, until: string) => Object.values(parsePeriod({ since, until }, now));
    expect(period('7d', '1d')).toEqual(['2026-11-16T16:20:00.000Z', '2026-11-22T16:20:00.000Z']);
    expect(period('2026-11-01', '2026-12-31')).toEqual(['2026-11-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z']);
    expect(period('200y', '2026-11-23T17:20:00+01:00')).toEqual([
      '1970-01-01T00:00:00.000Z',
      '2026-11-23T16:20:00.000Z',
    ]);
    expect(parsePeriod({}, now)).toEqual({});
  });
});

describe('token names', () => {
  const token = (name: string, prefix: string) => ({ name, prefix, owner: 'ada@example.com' });
  const café = token('café', 'tok_11111111');
  const strasse = token('Straße', 'tok_22222222');

  it('match exactly after NFC, then under case folding, then by the whole prefix', () => {
    expect(matchName('cafe\u0301', [café, strasse])).toBe(café);
    expect(matchName('STRASSE', [café, strasse])).toBe(strasse);
    expect(matchName('tok_11111111', [café, strasse])).toBe(café);
  });

  it('do not match by a part of a name or prefix', () => {
    for (const text of ['caf', 'tok_1111', 'tok_', '', ' café', 'TOK_11111111']) {
      expect(() => matchName(text, [café, strasse])).toThrow(expect.objectContaining({ exitCode: 3 }));
    }
  });

  it('prefer an exact match over one that differs in case, and list two of the same rank', () => {
    const lower = token('ci', 'tok_33333333');
    const upper = token('CI', 'tok_44444444');
    expect(matchName('CI', [lower, upper])).toBe(upper);
    const twins = [token('a', 'tok_55555555'), token('b', 'tok_55555555')];
    expect(() => matchName('tok_55555555', twins)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringMatching(/a .*b /) }),
    );
    expect(() => matchName('Ci', [lower, upper])).toThrow(/matches more than one token/);
  });

  it.each(['tok_N2Jzk8x7', 'TOK_n2jzk8x7'])('are ambiguous if one, %s, is the prefix of another token', (name) => {
    const backDoor = token('back door', 'tok_N2Jzk8x7');
    const decoy = token(name, 'tok_66666666');
    expect(() => matchName('tok_N2Jzk8x7', [backDoor, decoy])).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining('back door (tok_N2Jzk8x7') }),
    );
    expect(matchName('back door', [backDoor, decoy])).toBe(backDoor);
    expect(matchName('tok_66666666', [backDoor, decoy])).toBe(decoy);
    const itself = token('tok_77777777', 'tok_77777777');
    expect(matchName('tok_77777777', [itself, decoy])).toBe(itself);
  });
});

describe('text', () => {
  it('contains no characters that a terminal interprets after sanitize', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(sanitize(`\u001b[31m${text}\u009b2J`)).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
      }),
    );
  });

  it('round-trips through toJson without control characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(toJson(text)).not.toMatch(/\p{Cc}/u);
        expect(JSON.parse(toJson(text))).toBe(text);
      }),
    );
  });

  it.each([
    ['2026-11-23T16:17:00.000Z', '3 minutes ago'],
    ['2026-11-23T16:20:00.000Z', 'now'],
    ['2026-11-23T16:19:59.000Z', '1 second ago'],
    ['2026-11-22T16:20:00.000Z', '1 day ago'],
    ['2024-11-01T16:20:00.000Z', '2 years ago'],
    ['2026-11-25T16:20:00.000Z', 'in 2 days'],
    ['2026-11-22T16:20:01.000Z', '23 hours ago'],
    ['2026-12-22T16:20:00.000Z', 'in 29 days'],
    ['2026-12-23T16:19:59.000Z', 'in 1 month'],
    ['2026-11-23T17:19:31.000Z', 'in 1 hour'],
    ['2026-11-23T17:19:29.000Z', 'in 59 minutes'],
    ['2026-11-24T16:19:58.000Z', 'in 1 day'],
    ['2026-11-23T15:20:01.000Z', '59 minutes ago'],
    ['2027-02-21T16:19:59.000Z', 'in 3 months'],
  ])('shows the time %s as %s', (time, expected) => {
    expect(relativeTime(time, new Date('2026-11-23T16:20:00.000Z'))).toBe(expected);
  });

  it('shows a past event as “now” if the server’s clock is ahead', () => {
    expect(timeAgo('2026-11-23T16:20:09.000Z', new Date('2026-11-23T16:20:00.000Z'))).toBe('now');
  });
});

describe('tables', () => {
  const columns = [
    { head: 'NAME', text: (row: string[]) => row[0] ?? '' },
    {
      head: 'PATH',
      text: (row: string[]) => row[1] ?? '',
      minWidth: 10,
      whenNarrow: [
        { order: 1, width: 5 },
        { order: 3, width: 0 },
      ],
    },
    {
      head: 'STATUS',
      whenNarrow: [{ order: 2, width: 0 }],
      text: (row: string[]) => row[2] ?? '',
      color: (_: string[], colors: InstanceType<typeof Chalk>) => colors.green,
    },
  ];

  it('are never wider than the terminal or the identifiers, and have one line per row', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.string({ unit: 'binary', maxLength: 20 }));
    fc.assert(
      fc.property(
        fc.array(fc.array(text, { minLength: 3, maxLength: 3 }), { maxLength: 5 }),
        fc.integer({ min: 1, max: 120 }),
        (rows, width) => {
          const lines = tableLines(columns, rows, width, new Chalk({ level: 1 }));
          expect(lines).toHaveLength(rows.length + 1);
          const names = rows.map(([name = '']) => stringWidth(sanitize(name)));
          const limit = Math.max(width, 'NAME'.length, ...names);
          for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    [40, 'identifier  /builds/42/artifacts  active'],
    [33, 'identifier  /builds/42/a…  active'],
    [26, 'identifier  /buil…  active'],
    [25, 'identifier  /bui…  active'],
    [24, 'identifier  /builds/42/…'],
    [17, 'identifier  /bui…'],
    [16, 'identifier'],
    [3, 'identifier'],
  ])('give up space in the order of their steps at %i columns', (width, expected) => {
    const row = ['identifier', '/builds/42/artifacts', 'active'];
    expect(tableLines(columns, [row], width, new Chalk({ level: 0 }))[1]).toBe(expected);
  });

  it('shrink a column that shrinks last after the others, and leave out a column without text', () => {
    const more = [
      ...columns,
      { head: 'GROUPS', text: () => '' },
      { head: 'EXPIRES', text: () => '2 Mar 2027 (in 6 days)', minWidth: 10, shrinksLast: true },
    ];
    const row = ['identifier', '/builds/42/artifacts', 'active'];
    const lines = (width: number) => tableLines(more, [row], width, new Chalk({ level: 0 }));
    expect(lines(80)[0]).toContain('GROUPS');
    expect(lines(63)).toEqual([
      'NAME        PATH                 STATUS  EXPIRES',
      'identifier  /builds/42/artifac…  active  2 Mar 2027 (in 6 days)',
    ]);
    expect(tableLines(more, [], 10, new Chalk({ level: 0 }))[0]).toContain('NAME');
  });

  it('cut nothing if there is space', () => {
    const [, line] = tableLines(columns, [['ci', '/builds/42', 'active']], 80, new Chalk({ level: 0 }));
    expect(line).toBe('ci    /builds/42  active');
  });
});

describe('the keychain', () => {
  const hangingKeytar = {
    getPassword: () => new Promise<null>(() => {}),
    setPassword: async () => {},
    deletePassword: async () => true,
  };

  it('is null if keytar is not installed', async () => {
    expect(await openKeychain(() => Promise.reject(new Error('Cannot find module')))).toBeNull();
  });

  it('fails after a time limit if the bus hangs', async () => {
    const keychain = await openKeychain(async () => hangingKeytar, 20);
    await expect(keychain?.get('x')).rejects.toMatchObject({ problem: { code: 'no-keychain' } });
  });
});
