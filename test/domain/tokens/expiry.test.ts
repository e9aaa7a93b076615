import { describe, expect, it } from 'vitest';
import { type ExpiryPolicy, resolveExpiry } from '../../../server/domain/tokens/expiry.ts';

const now = Date.parse('2026-11-23T16:20:00.000Z');
const noPolicy: ExpiryPolicy = { maxSeconds: null, defaultSeconds: null };
const strictPolicy: ExpiryPolicy = { maxSeconds: 3_600, defaultSeconds: 600 };

describe('the expiry of a new token', () => {
  it.each([
    ['counts expires_in from now', { expires_in: 60 }, noPolicy, now + 60_000],
    ['converts expires_at to UTC', { expires_at: '2026-11-23T18:00:00+01:00' }, noPolicy, now + 2_400_000],
    [
      'is none if expires_in is null, despite a default',
      { expires_in: null },
      { ...noPolicy, defaultSeconds: 600 },
      null,
    ],
    ['is none if expires_at is null', { expires_at: null }, noPolicy, null],
    ['is none if the request and the policy name none', {}, noPolicy, null],
    ['is the default if the request names none', {}, strictPolicy, now + 600_000],
    ['is the maximum if there is no default', {}, { ...strictPolicy, defaultSeconds: null }, now + 3_600_000],
    ['may equal the maximum', { expires_in: 3_600 }, strictPolicy, now + 3_600_000],
  ])('%s', (_rule, requested, policy, expected) => {
    expect(resolveExpiry(requested, policy, now)).toBe(expected);
  });

  it.each([
    ['an expires_in above the maximum', { expires_in: 3_601 }, '/expires_in'],
    ['an expires_in of null under a maximum', { expires_in: null }, '/expires_in'],
    ['an expires_at above the maximum', { expires_at: '2027-01-01T00:00:00Z' }, '/expires_at'],
    ['an expires_at of null under a maximum', { expires_at: null }, '/expires_at'],
    ['an expires_at of now', { expires_at: '2026-11-23T16:20:00.000Z' }, '/expires_at'],
    ['an expires_at in the past', { expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'],
  ])('is rejected instead of shortened: %s', (_request, requested, pointer) => {
    expect(() => resolveExpiry(requested, strictPolicy, now)).toThrow(
      expect.objectContaining({ code: 'invalid-fields', errors: [{ pointer, detail: expect.any(String) }] }),
    );
  });
});
