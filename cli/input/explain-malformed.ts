import { bodyLength, checksumLength } from '../../shared/token-format.ts';

const randomPart = bodyLength + checksumLength;

/**
 * Explains why a text is not a token value, such as `40 of 42 characters`. The explanation contains nothing of the text,
 * except for a field name such as `Bearer`.
 */
export function explainMalformed(text: string): string {
  const [, explanation] = rules.find(([pattern]) => pattern.test(text)) ?? [];
  return explanation ?? explainCharacters(text);
}

/** The order matters: the first mistake that matches is the outermost one. */
const rules: readonly (readonly [RegExp, string])[] = [
  [/^\ufffd|\0/, 'UTF-16 text, save the file as UTF-8'],
  [/^\ufeff/, 'a byte order mark in front'],
  [/^\s*[{[]/, 'JSON, pipe only the value'],
  [/^\s*(["'`“”„‘’«]|&quot;)/, 'quotes around it'],
  [/^\s*(Authorization|X-API-Key)\s*:/i, 'a header, pipe only the value'],
  [/^\s*(Bearer|Token|Basic)\s/i, 'an authorization scheme in front, such as Bearer'],
  [/^\s*(export\s+)?[A-Za-z_]\w*\s*=/, 'a variable assignment, pipe only the value'],
  [/[\r\n\u2028\u2029]\s*\S/, 'more than one line'],
  [/\u00a0/, 'a no-break space (U+00A0) in it'],
  [/^\s|\s$/, 'spaces around it'],
  [/\s/, 'spaces in it'],
  [/\*{3}|…|\.{3}/, 'masked or shortened'],
  [/%[0-9A-F]{2}/i, 'URL encoding'],
  [/^(session|reset|device|code|step|secret)_[0-9A-Za-z_-]{43}$/, 'another kind of secret, not a token'],
];

function explainCharacters(text: string): string {
  const other = /[^\x21-\x7e]/u.exec(text)?.[0];
  if (other !== undefined) return `the character ${codePoint(other)} in it`;
  const prefix = /^[a-z][a-z0-9]{1,9}_/.exec(text)?.[0];
  if (prefix === undefined) return 'not the form of a token, such as tok_ and 38 letters and digits';
  const expected = prefix.length + randomPart;
  if (text.length < expected) return `${text.length} of ${expected} characters`;
  if (text.length > expected) return `${text.length} characters instead of ${expected}`;
  return /^\w+$/.test(text) ? 'a wrong checksum, so at least one character differs' : 'characters that no token has';
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
