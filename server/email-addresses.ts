import { foldName } from '../shared/names.ts';

/** Finds email addresses in texts. */
export interface AddressSearch {
  /**
   * The addresses as a text may contain them, also in HTML and in a URL, in lower case. A text in lower case that contains none of them
   * contains no address.
   */
  readonly forms: readonly string[];
  isIn(text: string): boolean;
  /** Puts `replacement` in place of each address. Rewrites the strings in a text that is a JSON object or array. */
  replace(text: string, replacement: string): string;
}

/**
 * Searches for these addresses, whatever their case. Does not find them in a longer address, such as ada@example.com in
 * armada@example.com or in ada@example.com.au. @throws Error if there is no address
 */
export function searchFor(addresses: readonly string[]): AddressSearch {
  if (addresses.length === 0) throw new Error('There is no address to search for.');
  const written = [...new Set(addresses.flatMap((address) => [address, foldName(address)]).flatMap(formsOf))];
  const pattern = new RegExp(`${begins}(?:${written.map(escapeForPattern).join('|')})${ends}`, 'giu');
  const replaceIn = (text: string, replacement: string) => text.replace(pattern, () => replacement);
  return {
    forms: [...new Set(written.flatMap((form) => [form.toLowerCase(), lowerAscii(form)]))],
    isIn: (text) => replaceIn(text, '') !== text || rewriteJson(text, (part) => replaceIn(part, '')) !== text,
    replace: (text, replacement) => rewriteJson(text, (part) => replaceIn(part, replacement)),
  };
}

/** An address begins here: no character of a longer one is before it, unless that belongs to a percent-encoded character. */
const begins = String.raw`(?:(?<![\p{L}\p{N}._+-])|(?<=%[0-9a-f]{2}))`;
const ends = String.raw`(?![\p{L}\p{N}_-]|\.[\p{L}\p{N}])`;

function formsOf(address: string): string[] {
  const inHtml = address
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
  return [address, inHtml, encodeURIComponent(address)];
}

function escapeForPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** Converts as SQLite's `lower` does. */
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
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
  if (typeof value === 'string') return rewrite(value);
  if (Array.isArray(value)) return value.map((item) => rewriteStrings(item, rewrite));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [rewrite(name), rewriteStrings(item, rewrite)]),
  );
}
