import { caseFold } from 'unicode-case-folding';

const whiteSpace = /^\p{White_Space}$/u;
const forbidden = /[\p{C}\u2028\u2029]/u;

/** In UTF-16 units: a text that is taken has at most 1,024 characters, each composed of four units at most. */
const longestComposed = 4 * 1024;

/**
 * A Unicode normalization form; what is too long to be taken is left as it is. Marks are put in order one by one, which for
 * one body full of them takes half a second, and nothing else is answered meanwhile.
 */
export function compose(text: string, form: 'NFC' | 'NFKC' = 'NFC'): string {
  return text.length > longestComposed ? text : text.normalize(form);
}

/** NFC, trimmed of Unicode White_Space. `String#trim` is not the same set: it keeps U+0085 and takes U+FEFF. */
export function normalizeName(text: string): string {
  const characters = [...text];
  let start = 0;
  let end = characters.length;
  while (start < end && whiteSpace.test(characters[start] ?? '')) start += 1;
  while (end > start && whiteSpace.test(characters[end - 1] ?? '')) end -= 1;
  return compose(characters.slice(start, end).join(''));
}

/** The form under which two names are the same: NFC(full Unicode case folding). The unique indexes hold it. */
export function foldName(text: string): string {
  return compose(caseFold(compose(text)));
}

/** Length as a person counts it: code points, not UTF-16 units. */
export function codePoints(text: string): number {
  return [...text].length;
}

/** True if the text holds control, format (bidi, zero-width), unassigned, private-use or line-separator characters. */
export function hasForbiddenCharacters(text: string): boolean {
  return forbidden.test(text);
}
