import { caseFold } from 'unicode-case-folding';

const whiteSpace = /^\p{White_Space}$/u;
const forbidden = /[\p{C}\u2028\u2029]/u;
const encoder = new TextEncoder();

/** In UTF-16 units. Accepted texts have at most 1,024 characters, and composing one yields at most four units. */
const maxComposedUnits = 4 * 1024;

/**
 * Returns the text in a Unicode normalization form. Returns a text that is too long to be accepted unchanged, because
 * sorting a whole request body of combining marks would block the event loop for half a second.
 */
export function compose(text: string, form: 'NFC' | 'NFKC' = 'NFC'): string {
  return text.length > maxComposedUnits ? text : text.normalize(form);
}

/** Returns the text in NFC without surrounding White_Space. `String#trim` differs: it keeps U+0085 and removes U+FEFF. */
export function normalizeName(text: string): string {
  const characters = [...text];
  let start = 0;
  let end = characters.length;
  while (start < end && whiteSpace.test(characters[start] ?? '')) start += 1;
  while (end > start && whiteSpace.test(characters[end - 1] ?? '')) end -= 1;
  return compose(characters.slice(start, end).join(''));
}

/** Applies full Unicode case folding and NFC. Names that fold to the same text are equal, as unique indexes enforce. */
export function foldName(text: string): string {
  return compose(caseFold(compose(text)));
}

/** Returns the length in code points, not in UTF-16 units. */
export function codePoints(text: string): number {
  return [...text].length;
}

/** Reports whether the text contains control, format (bidi, zero-width), unassigned, private-use or line-separator characters. */
export function hasForbiddenCharacters(text: string): boolean {
  return forbidden.test(text);
}

/** Returns how many bytes these names of groups need in a header: percent-encoded, and separated by commas. */
export function headerLength(names: readonly string[]): number {
  return names.reduce((sum, name) => sum + encodedLength(name), Math.max(0, names.length - 1));
}

/** Does not call `encodeURIComponent`, which throws on half a surrogate pair. */
function encodedLength(name: string): number {
  const plain = name.match(/[A-Za-z0-9_.!~*'()-]/g)?.length ?? 0;
  return plain + 3 * (encoder.encode(name).length - plain);
}

const serviceAccountPrefix = 'service-account:';

/** Returns the text that stands for a service account in place of an email address. No email address contains a colon. */
export function serviceAccountIdentity(name: string): string {
  return `${serviceAccountPrefix}${name}`;
}

/** Returns the name in a text that `serviceAccountIdentity` returned. Returns null for every other text. */
export function serviceAccountName(identity: string): string | null {
  return identity.startsWith(serviceAccountPrefix) ? identity.slice(serviceAccountPrefix.length) : null;
}
