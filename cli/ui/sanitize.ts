import stripAnsi from 'strip-ansi';

const invisible = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;
const breaks = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;

/**
 * Returns untrusted text in a form that is safe on a terminal and in one field of a line. Removes escape sequences and
 * control, direction and zero-width characters. Replaces line breaks and tabs with one space.
 */
export function sanitize(text: string): string {
  return stripAnsi(text).replace(breaks, ' ').replace(invisible, '');
}
