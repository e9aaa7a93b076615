import { expect, it } from 'vitest';
import { createMask } from '../../scripts/first-session/mask.ts';

const timeZone = 'Asia/Kolkata';
const begins = Array.from({ length: 24 }, (_, hour) => new Date(Date.UTC(2026, 10, 30, hour, 5)).toISOString());

it.each(begins)('shows the same dates of the first session if its recording begins at %s', (begin) => {
  const startedAt = Date.parse(begin);
  const mask = createMask({ words: [], startedAt, timeZone });
  const dateAfter = (days: number) =>
    new Date(startedAt + days * 86_400_000).toLocaleDateString('en-GB', { timeZone, dateStyle: 'long' });
  expect(mask(`revoked on ${dateAfter(0)}.`)).toBe('revoked on 2 March 2027.');
  expect(mask(`expires on ${dateAfter(90)}.`)).toBe('expires on 31 May 2027.');
});
