import { limits } from '../../../shared/limits.ts';
import { redactEmbedded } from '../../../shared/redact-embedded.ts';
import { displayPrefix } from '../../../shared/token-format.ts';
import { parseUrl } from '../../../shared/urls.ts';
import { hashSecret } from '../secrets.ts';

/** A place in a report, and the digest by which the store knows it again. */
export interface Place extends FoundAt {
  digest: string;
}

/** Where a value was found. Null if the reporter did not say, or said it in a form that we do not keep. */
export interface FoundAt {
  source: string | null;
  url: string | null;
}

const digestLength = 16;
const maxUrlCharacters = 2048;
const maxSourceCharacters = 64;
/**
 * Redaction shortens a secret to a third at most. A secret that this cut splits is therefore far behind the characters that are
 * kept.
 */
const maxReadCharacters = 2048;
const invisible = /[\p{C}\p{Zl}\p{Zp}]/gu;

/**
 * Returns what we keep of the place in the report of a well-formed value. Both texts are from outside, and either may contain the value or
 * another secret, also percent-encoded or with letters around it.
 *
 * Of the address, only `http` and `https` are kept, without user name, password and query, and with the fragment only if it names lines. If
 * the path still contains a part of a secret after redaction, only the scheme and the host are kept.
 */
export function foundAt(
  value: string,
  reported: { source?: string | null | undefined; url?: string | null | undefined },
): FoundAt {
  return { source: keptSource(value, reported.source ?? ''), url: keptUrl(value, reported.url ?? '') };
}

/** Returns the different places where a value was found, in the order of the report, and no more than the store remembers. */
export function placesOf(value: string, reports: ReadonlyArray<Parameters<typeof foundAt>[1]>): Place[] {
  const places = new Map<string, Place>();
  for (const reported of reports) {
    if (places.size === limits.maxLeakPlaces) break;
    const place = foundAt(value, reported);
    const digest = hashSecret(JSON.stringify([place.source, place.url])).slice(0, digestLength);
    places.set(digest, places.get(digest) ?? { ...place, digest });
  }
  return [...places.values()];
}

function keptSource(value: string, text: string): string | null {
  const visible = text.replace(invisible, '').trim().slice(0, maxReadCharacters);
  const shown = redactEmbedded(visible);
  return isWithoutSecret(shown, value) ? [...shown].slice(0, maxSourceCharacters).join('') || null : null;
}

function keptUrl(value: string, text: string): string | null {
  if (text.length > maxUrlCharacters || parseUrl(text) === null) return null;
  const { protocol, origin, pathname, hash } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return null;
  // The parser writes hosts in lower case, so no checksum tells whether one contains a value.
  if (/_[0-9a-z]{38}/.test(origin) || !isWithoutSecret(origin, value)) return null;
  const lines = /^#L[0-9]+(?:C[0-9]+)?(?:-L[0-9]+(?:C[0-9]+)?)?$/.test(hash) ? hash : '';
  const shown = redactEmbedded(`${origin}${pathname}${lines}`);
  return isWithoutSecret(shown, value) ? shown : origin;
}

/** A text that is encoded more often than this is not kept. */
const maxEncodings = 16;

/**
 * Reports whether a text contains no part of the value's secret, and no other secret, however often it is percent-encoded.
 */
function isWithoutSecret(text: string, value: string): boolean {
  let decoded = text;
  for (let round = 0; round <= maxEncodings; round += 1) {
    if (redactEmbedded(decoded) !== decoded || containsPart(decoded, value)) return false;
    const next = decodeAscii(decoded);
    if (next === decoded) return true;
    decoded = next;
  }
  return false;
}

/** Decodes the percent-encoded ASCII characters of a text, of which a value consists. Other text can be malformed, and stays. */
function decodeAscii(text: string): string {
  return text.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** This many characters of a secret, one after the other, are in no other text by chance. */
const partLength = 8;

/** Reports whether a text contains a part of the value that is not public. Case and everything between letters and digits are ignored. */
function containsPart(text: string, value: string): boolean {
  const plain = lettersAndDigits(text);
  const secret = value.slice(displayPrefix(value).length).toLowerCase();
  for (let at = 0; at + partLength <= secret.length; at += 1) {
    if (plain.includes(secret.slice(at, at + partLength))) return true;
  }
  return false;
}

function lettersAndDigits(text: string): string {
  return text
    .replace(/%[0-9a-f]{2}/gi, '')
    .replace(/[^0-9A-Za-z]/g, '')
    .toLowerCase();
}
