import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathProbe } from '../../../../cli/commands/doctor/probes.ts';
import { evaluateRules, rawPathOf } from '../../../../server/domain/tokens/rules/evaluate.ts';
import { noRules, parseRules, storeRules } from '../../../../server/domain/tokens/rules/token-rules.ts';
import { numRuns } from '../../../helpers/length.ts';

/** Reports whether a token with these lines may request a target. */
function allows(lines: readonly string[], target: string): boolean {
  const rules = parseRules(storeRules({ ...noRules, allow: lines }) ?? '');
  const request = { ownerGroups: [], method: 'GET', path: rawPathOf(target) };
  return evaluateRules(rules, request) === null;
}

const escapeOf = (byte: number) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;

/**
 * The paths that a lenient server may take a spelling for: decoded once or several times, with and without parameters after
 * a semicolon, with backslashes as slashes, without dot segments and empty segments.
 */
function readings(path: string): string[] {
  const readings: string[] = [];
  let decoded = path;
  for (let times = 0; times < 3; times += 1) {
    decoded = decoded.replace(/%([0-9a-f]{2})/gi, (_escape, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    readings.push(normalized(decoded), normalized(decoded.replace(/;[^/]*/g, '')));
  }
  return readings;
}

function normalized(path: string): string {
  const segments: string[] = [];
  const parts = path.replaceAll('\\', '/').split('/').slice(1);
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    if (part === '..') segments.pop();
    if (part !== '' && part !== '.' && part !== '..') segments.push(part);
    else if (isLast) segments.push('');
  }
  return `/${segments.join('/')}`;
}

/** Returns a path as it is written literally: only what cannot stand in a path is encoded. */
function literal(reading: string): string {
  return reading.replace(/[^0-9A-Za-z/._~!$&'()*+,=:@-]/g, (character) => escapeOf(character.charCodeAt(0)));
}

const word = fc.constantFrom('api', 'admin', 'builds', 'a', '42', 'a.b', 'x y', 'café', '100%', '~u', 'A');
const literalSegment = word.map((text) => literal(Buffer.from(text).toString('latin1')));
const patterns = fc
  .tuple(
    fc.array(fc.oneof(literalSegment, fc.constant('*')), { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '/', '/**'),
  )
  .map(([segments, end]) => `GET /${segments.join('/')}${end}`);
const lines = fc.array(patterns, { minLength: 1, maxLength: 3 });

/** Characters and escapes that parsers disagree on. */
const oddity = fc.constantFrom(
  ...[
    '/',
    '//',
    '/./',
    '/../',
    '/%2e/',
    '/%2e%2e/',
    '/.%2E/',
    '/..;/',
    '/;x/',
    '%2f',
    '%2F',
    '%5c',
    '\\',
    '%252f',
    '%252e%252e',
  ],
  ...[
    ';',
    ';x=1',
    '%3b',
    '%00',
    '%0a',
    '%c0%ae',
    '%c0%af',
    '%ff',
    '%',
    '%2',
    '%u002e',
    '%20',
    '%3f',
    '%23',
    '%25',
    '%2525',
  ],
  ...['.', '..', '*', '\xc3\xa9', '\xff', '\x85', ' ', '#', '?', '%25252f', '%e3%80', '%c3%a9'],
);
const pieces = fc.oneof(literalSegment, oddity, fc.constantFrom('/', '/', '/api', '/admin', '/builds'));

/** A literal path of which some characters are encoded, once or twice. */
const respelled = fc
  .tuple(fc.array(literalSegment, { minLength: 1, maxLength: 4 }), fc.array(fc.nat({ max: 19 }), { minLength: 1 }))
  .map(([segments, choices]) =>
    [...`/${segments.join('/')}`]
      .map((character, index) => {
        const choice = choices[index % choices.length] ?? 0;
        const escaped = escapeOf(character.charCodeAt(0));
        if (choice === 0 && index > 0) return escaped;
        if (choice === 1 && index > 0) return escaped.toLowerCase();
        return choice === 2 && index > 0 ? escaped.replace('%', '%25') : character;
      })
      .join(''),
  );
const odd = fc.array(pieces, { maxLength: 6 }).map((parts) => `/${parts.join('')}`);

describe('an allow rule', () => {
  it('allows no spelling of a path unless it allows each path that a server may take it for', () => {
    fc.assert(
      fc.property(lines, fc.oneof(odd, respelled), (lines, target) => {
        if (!allows(lines, target)) return;
        for (const reading of readings(rawPathOf(target))) {
          expect({ target, reading, allowed: allows(lines, literal(reading)) }).toMatchObject({ allowed: true });
        }
      }),
      { numRuns: numRuns(2_000) },
    );
  });

  it('allows the literal spelling of each path that it names', () => {
    fc.assert(
      fc.property(fc.array(literalSegment, { minLength: 1, maxLength: 4 }), (segments) => {
        const path = `/${segments.join('/')}`;
        expect(allows([`GET ${path}`], path)).toBe(true);
        expect(allows([`GET ${path}`], `${path}?q=/../;`)).toBe(true);
      }),
      { numRuns: numRuns(200) },
    );
  });

  it('denies every spelling that `tokens doctor proxy` tries', () => {
    for (const pathname of ['/builds/status', '/api/v1/x']) {
      const probe = pathProbe(new URL(`https://api.example.com${pathname}`), 'mark');
      expect(probe.requests.length).toBeGreaterThan(5);
      for (const { line = '' } of probe.requests) {
        expect([line, allows([`GET ${pathname}`], line)]).toEqual([line, false]);
      }
    }
  });

  it.each([
    ...['//admin', '/public//admin', '/public/../admin', '/public/./../admin', '/./admin', '/public/..', '/public/../'],
    ...['/public/%2e%2e/admin', '/public/.%2e/admin', '/public/%2E./admin', '/public/%2e/x', '/public/..%2fadmin'],
    ...[
      '/public/%2e%2e%2fadmin',
      '/public%2f..%2fadmin',
      '/public/..%5cadmin',
      '/public/..\\admin',
      '/public\\..\\admin',
    ],
    ...[
      '/public/..;/admin',
      '/public/;/../admin',
      '/public;/admin',
      '/public/x;a=b',
      '/public/x%3ba=b',
      '/public/..%3b/admin',
    ],
    ...[
      '/public/..%00/admin',
      '/public/x%00',
      '/public/x%0d%0aHost:y',
      '/public/%09x',
      '/public/x\u0001',
      '/public/x\u007f',
    ],
    ...[
      '/public/%c0%ae%c0%ae/admin',
      '/public/%c0%af',
      '/public/%u002e%u002e/admin',
      '/public/%',
      '/public/%2',
      '/public/%zz',
    ],
    ...[
      '/public/%ff',
      '/public/\xff',
      '/public/%e0%80%ae',
      '/public/%252e%252e/admin',
      '/public/%252f',
      '/public/%25252e',
    ],
    ...[
      '/PUBLIC/x',
      '/%70ublic/x',
      '/public%20/x',
      '/publi%63/x',
      '*',
      'public/x',
      'http://h/public/x',
      '/public/x#/../y',
    ],
  ])('denies %j, although it allows /public/**', (target) => {
    expect(allows(['GET /public/**'], target)).toBe(false);
  });
});
