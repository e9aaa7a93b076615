import { describe, expect, it } from 'vitest';
import { type ExpiryPolicy, resolveExpiry } from '../../../server/domain/tokens/expiry.ts';

const now = Date.parse('2026-11-23T16:20:00.000Z');
const free: ExpiryPolicy = { maximum: null, default: null };
const strict: ExpiryPolicy = { maximum: 3_600, default: 600 };

describe('when a token expires', () => {
  it.each([
    ['after the seconds asked for', { expires_in: 60 }, free, now + 60_000],
    ['at the time asked for, whatever its offset', { expires_at: '2026-11-23T18:00:00+01:00' }, free, now + 2_400_000],
    ['never, if that is asked for', { expires_in: null }, { ...free, default: 600 }, null],
    ['never, if the time asked for is null', { expires_at: null }, free, null],
    ['never, if nothing is said', {}, free, null],
    ['by default', {}, strict, now + 600_000],
    ['after the maximum, without a default', {}, { ...strict, default: null }, now + 3_600_000],
    ['exactly at the maximum', { expires_in: 3_600 }, strict, now + 3_600_000],
  ])('is %s', (_what, asked, policy, expected) => {
    expect(resolveExpiry(asked, policy, now)).toBe(expected);
  });

  it.each([
    ['over the maximum', { expires_in: 3_601 }, '/expires_in'],
    ['never, under a maximum', { expires_in: null }, '/expires_in'],
    ['a time over the maximum', { expires_at: '2027-01-01T00:00:00Z' }, '/expires_at'],
    ['no time at all, under a maximum', { expires_at: null }, '/expires_at'],
    ['now', { expires_at: '2026-11-23T16:20:00.000Z' }, '/expires_at'],
    ['the past', { expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
  ])('is refused, never shortened: %s', (_what, asked, pointer) => {
    expect(() => resolveExpiry(asked, strict, now)).toThrow(
      expect.objectContaining({ code: 'invalid-fields', errors: [{ pointer, detail: expect.any(String) }] }),
    );
  });
});
