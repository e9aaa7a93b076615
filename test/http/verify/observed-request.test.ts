import { describe, expect, it } from 'vitest';
import { normalizeUserAgent } from '../../../server/http/verify/observed-request.ts';

const utf8 = (text: string) => Buffer.from(text).toString('latin1');
const secret = `tok_${'a'.repeat(38)}`;
const session = `session_${'b'.repeat(43)}`;

describe('a stored user agent', () => {
  it.each([
    ['of ASCII', 'a'.repeat(60_000), 'a'.repeat(256)],
    ['of accented letters', utf8('é'.repeat(30_000)), 'é'.repeat(256)],
    ['of emoji', utf8('🎉'.repeat(15_000)), '🎉'.repeat(256)],
    ['of emoji after one letter', utf8(`a${'🎉'.repeat(15_000)}`), `a${'🎉'.repeat(255)}`],
  ])('holds the first 256 characters of a long one %s', (_kind, sent, stored) => {
    expect(normalizeUserAgent(sent)).toBe(stored);
  });

  it('holds no part of a secret, however many the sent one contains', () => {
    for (let shift = 0; shift < 100; shift += 1) {
      for (const value of [secret, session]) {
        const sent = `${'x'.repeat(shift)} ${`${value} `.repeat(1_400)}`;
        const stored = normalizeUserAgent(sent);
        expect([...stored]).toHaveLength(256);
        expect(stored.replaceAll('tok_aaaaaaaa', '')).not.toMatch(/a{9}|b/);
      }
    }
  });

  it('takes little time to derive from 60 KB', () => {
    const sent = `_${' tok_ session_'.repeat(4_500)}`;
    const before = process.cpuUsage();
    for (let i = 0; i < 1_000; i += 1) normalizeUserAgent(sent);
    // Redacting all of it would take seconds.
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(1_000);
  });
});
