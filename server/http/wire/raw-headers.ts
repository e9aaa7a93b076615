/**
 * The header fields of a request as Node received them: name, value, name, value, …. Each string holds the bytes of the
 * field as latin1. Unlike in `req.headers`, a repeated field appears as often as it was sent.
 */
export type RawHeaders = readonly string[];

/**
 * Returns the value of a field, undefined if it was not sent, or null if it was sent more than once. `name` must be
 * lower case. Allocates nothing else, because verification reads a dozen fields of every request.
 */
export function fieldOf(rawHeaders: RawHeaders, name: string): string | null | undefined {
  let value: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const field = rawHeaders[i] ?? '';
    if (field.length !== name.length || field.toLowerCase() !== name) continue;
    if (value !== undefined) return null;
    value = rawHeaders[i + 1] ?? '';
  }
  return value;
}

/**
 * Returns the value of a field that was sent exactly once and is not empty, else null. A repeated field is ignored
 * because the client may have added the second one.
 */
export function onlyValue(rawHeaders: RawHeaders, name: string): string | null {
  return fieldOf(rawHeaders, name) || null;
}

/** Decodes a raw header value as UTF-8. Returns null if its bytes are not valid UTF-8. */
export function decodeHeader(latin1: string): string | null {
  if (/^[\x20-\x7e]*$/.test(latin1)) return latin1;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return null;
  }
}

/** Encodes text as the raw header value that `decodeHeader` decodes to the same text. */
export function encodeHeader(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
