import { caseFold } from 'unicode-case-folding';

const whiteSpace = /^\p{White_Space}$/u;
const forbidden = /[\p{C}\u2028\u2029]/u;

/** NFC, then trimmed of Unicode White_Space. `String#trim` is not the same set: it keeps U+0085 and takes U+FEFF. */
export function normalizeName(text: string): string {
  const characters = [...text.normalize('NFC')];
  let start = 0;
  let end = characters.length;
  while (start < end && whiteSpace.test(characters[start] ?? '')) start += 1;
  while (end > start && whiteSpace.test(characters[end - 1] ?? '')) end -= 1;
  return characters.slice(start, end).join('');
}

/** The form under which two names are the same: NFC(full Unicode case folding). The unique indexes hold it. */
export function foldName(text: string): string {
  return caseFold(text.normalize('NFC')).normalize('NFC');
}

/** Length as a person counts it: code points, not UTF-16 units. */
export function codePoints(text: string): number {
  return [...text].length;
}

/** True if the text holds control, format (bidi, zero-width), unassigned, private-use or line-separator characters. */
export function hasForbiddenCharacters(text: string): boolean {
  return forbidden.test(text);
}
