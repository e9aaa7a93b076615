import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../shared/times/duration.ts';

describe('a duration', () => {
  it.each([
    ['90s', 90],
    ['30m', 1_800],
    ['12h', 43_200],
    ['90d', 7_776_000],
    ['2w', 1_209_600],
    ['1y', 31_536_000],
  ])('parses %s as %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['', '0d', '-1d', '01d', '1.5h', '1', 'd', '1M', ' 1d', '1d ', '1d12h', '99999999999d'])(
    'rejects “%s”',
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );
});
