import stripAnsi from 'strip-ansi';

const invisible = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;
const breaks = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;

/**
 * Text from outside as it may be shown on a terminal or put into one field of a line: no escape sequences, no control,
 * direction or zero-width characters, line breaks and tabs as one space.
 */
export function plain(text: string): string {
  return stripAnsi(text).replace(breaks, ' ').replace(invisible, '');
}
