import { describe, expect, it } from 'vitest';
import { ExactTime, Expiry, Time } from '../../../server/web/shell/components/time.tsx';
import { textOf } from '../../helpers/console/pages.ts';

const now = Date.parse('2027-03-03T14:05:30Z');
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const htmlOf = (element: unknown) => String(element);

describe('a time in the console', () => {
  it.each([
    [0, 'now'],
    [-3 * minute, '3 minutes ago'],
    [-48 * hour, '2 days ago'],
    [-48 * hour - 1, '1 Mar 2027'],
    [-400 * day, '27 Jan 2026'],
    [48 * hour, 'in 2 days'],
    [48 * hour + 1, '5 Mar 2027'],
  ])('%d ms from now is written as %j', async (distance, text) => {
    expect(textOf(htmlOf(Time({ at: now + distance, now })))).toBe(text);
  });

  it('shows its exact time on demand', async () => {
    expect(htmlOf(Time({ at: now - minute, now }))).toBe(
      '<time datetime="2027-03-03T14:04:30.000Z" data-exact="3 Mar 2027, 14:04 UTC" tabindex="0">1 minute ago</time>',
    );
  });

  it('has its exact time beside it on a page about one thing', async () => {
    expect(textOf(htmlOf(ExactTime({ at: now - minute, now })))).toBe('1 minute ago 3 Mar 2027, 14:04 UTC');
    expect(textOf(htmlOf(ExactTime({ at: now - 3 * day, now })))).toBe('28 Feb 2027, 14:05 UTC');
  });
});

describe('an expiry in the console', () => {
  it.each([
    [null, 'never', null],
    [31 * day, '3 Apr 2027', null],
    [30 * day, '2 Apr 2027 in 30 days', 'badge'],
    [6 * day, '9 Mar 2027 in 6 days', 'badge warning'],
    [minute, '3 Mar 2027 in 1 minute', 'badge warning'],
    [0, '3 Mar 2027', null],
    [-day, '2 Mar 2027', null],
  ])('%j ms from now is written as %j', async (distance, text, badge) => {
    const html = htmlOf(Expiry({ at: distance === null ? null : now + distance, now }));
    expect(textOf(html)).toBe(text);
    expect(/<span class="([^"]*)"/.exec(html)?.[1] ?? null).toBe(badge);
  });
});
