import { domainToASCII, domainToUnicode } from 'node:url';
import { foldName } from '../shared/names.ts';

/** Finds email addresses in texts. */
export interface AddressSearch {
  /** Every text that contains one of the addresses contains one of these after it was converted to lower case. So do some others. */
  readonly clues: readonly string[];
  isIn(text: string): boolean;
  /** Puts `replacement` in place of each address. Rewrites the strings in a text that is a JSON object or array. */
  replace(text: string, replacement: string): string;
}

/**
 * Searches for these addresses, whatever their case, and also as they are written in HTML, in a URL and with the other form of an
 * international domain. Does not find them in a longer address, such as ada@example.com in armada@example.com or in
 * ada@example.com.au. @throws Error if there is no address
 */
export function searchFor(addresses: readonly string[]): AddressSearch {
  if (addresses.length === 0) throw new Error('There is no address to search for.');
  const written = [...new Set(addresses.flatMap(spellingsOf))];
  const pattern = new RegExp(`${begins}(?:${written.map(patternOf).join('|')})${ends}`, 'giu');
  const replaceIn = (text: string, replacement: string) => text.replace(pattern, () => replacement);
  return {
    clues: [...new Set([...written.map(clueOf), ...encodedAtSigns])],
    isIn: (text) => replaceIn(text, '') !== text || rewriteJson(text, (part) => replaceIn(part, '')) !== text,
    replace: (text, replacement) => rewriteJson(text, (part) => replaceIn(part, replacement)),
  };
}

/** An address begins here: no character of a longer one is before it, unless that belongs to a percent-encoded character. */
const begins = String.raw`(?:(?<![\p{L}\p{N}._+-])|(?<=%[0-9a-f]{2}))`;
const ends = String.raw`(?![\p{L}\p{N}_-]|\.[\p{L}\p{N}])`;

/** The second one is encoded twice, or more often. */
const encodedAtSigns = ['%40', '2540'];

/** Returns the address as it is and folded, each with both forms of its domain. */
function spellingsOf(address: string): string[] {
  return [address, foldName(address)].flatMap((spelling) => {
    const at = spelling.lastIndexOf('@') + 1;
    const domain = spelling.slice(at);
    const domains = [domain, domainToASCII(domain), domainToUnicode(domain)].filter((form) => form !== '');
    return domains.map((form) => spelling.slice(0, at) + form);
  });
}

function patternOf(address: string): string {
  return [...address].map(characterPattern).join('');
}

/** Other ways in which the daemon writes a character: in HTML, and in mails, where `[.]` keeps an address from becoming a link. */
const rewrittenCharacters: ReadonlyMap<string, string> = new Map([
  ['.', '[.]'],
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

/** Matches a character as it is, in HTML, in a mail, and percent-encoded, in either case. */
function characterPattern(character: string): string {
  const cases = [...new Set([character.toLowerCase(), character.toUpperCase()])];
  const encoded = cases.map((form) => [...Buffer.from(form)].map((byte) => `%(?:25)*${hexadecimal(byte)}`).join(''));
  const rewritten = rewrittenCharacters.get(character);
  const others = rewritten === undefined ? [] : [escapeForPattern(rewritten)];
  return `(?:${[escapeForPattern(character), ...encoded, ...others].join('|')})`;
}

function hexadecimal(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** Returns the longest part of an address that looks the same in HTML, in a mail and in a URL, and that every database converts to lower case. */
function clueOf(address: string): string {
  const parts = address.toLowerCase().split(/[^a-z0-9_@-]+/);
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}

/** Rewrites a text, or each string in it if it is JSON. A newline in JSON would look like a letter before an address. */
function rewriteJson(text: string, rewrite: (text: string) => string): string {
  if (!/^[[{]/.test(text)) return rewrite(text);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return rewrite(text);
  }
  let isChanged = false;
  const rewritten = rewriteStrings(parsed, (part) => {
    const result = rewrite(part);
    isChanged ||= result !== part;
    return result;
  });
  return isChanged ? JSON.stringify(rewritten) : text;
}

function rewriteStrings(value: unknown, rewrite: (text: string) => string): unknown {
  if (typeof value === 'string') return rewriteJson(value, rewrite);
  if (Array.isArray(value)) return value.map((item) => rewriteStrings(item, rewrite));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [rewrite(name), rewriteStrings(item, rewrite)]),
  );
}
