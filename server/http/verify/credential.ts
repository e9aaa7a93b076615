import { fieldOf, type RawHeaders } from '../raw-headers.ts';

/** DRF's texts for a credential that cannot be read. */
export const malformedDetails = {
  empty: 'Invalid token header. No credentials provided.',
  spaces: 'Invalid token header. Token string should not contain spaces.',
  characters: 'Invalid token header. Token string should not contain invalid characters.',
  other: 'Invalid token.',
} as const;

/** `ambiguous`: more than one credential was sent. A `value` was not checked in any way. */
export type Credential =
  | { kind: 'none' }
  | { kind: 'malformed'; problem: keyof typeof malformedDetails }
  | { kind: 'ambiguous' }
  | { kind: 'value'; value: string };

/** The one credential of a request: `Token`, `Bearer` and `Basic` (RFC 6750 §2.1, RFC 7617) in `Authorization`, or `X-API-Key`. */
export function readCredential(rawHeaders: RawHeaders): Credential {
  const authorization = fieldOf(rawHeaders, 'authorization');
  const key = fieldOf(rawHeaders, 'x-api-key');
  if (authorization === null || key === null) return { kind: 'ambiguous' };
  const [scheme, ...rest] = words(authorization ?? '');
  if (scheme !== undefined) return key === undefined ? fromAuthorization(scheme, rest) : { kind: 'ambiguous' };
  return key === undefined ? { kind: 'none' } : single(words(key));
}

function fromAuthorization(scheme: string, rest: string[]): Credential {
  switch (scheme.toLowerCase()) {
    case 'token':
    case 'bearer':
      return single(rest);
    case 'basic':
      return fromBasic(rest);
    default:
      return { kind: 'none' };
  }
}

function single([value, ...more]: string[]): Credential {
  if (value === undefined) return { kind: 'malformed', problem: 'empty' };
  if (more.length > 0) return { kind: 'malformed', problem: 'spaces' };
  const text = decodeUtf8(value);
  return text === null ? { kind: 'malformed', problem: 'characters' } : { kind: 'value', value: text };
}

/** The password of `user:password`; a user never holds a colon (RFC 7617 §2). Only canonical base64 is read. */
function fromBasic(parts: string[]): Credential {
  const [encoded = ''] = parts;
  const bytes = Buffer.from(encoded, 'base64');
  const pair = bytes.toString('latin1');
  const colon = pair.indexOf(':');
  if (parts.length !== 1 || bytes.toString('base64') !== encoded || colon < 0) {
    return { kind: 'malformed', problem: 'other' };
  }
  return { kind: 'value', value: pair.slice(colon + 1) };
}

/** Split at ASCII whitespace only, as Python splits bytes. */
function words(value: string): string[] {
  return value.match(/[^\t\n\v\f\r ]+/g) ?? [];
}

/** The text whose UTF-8 bytes a latin1 header value holds, or null if they are not UTF-8. */
export function decodeUtf8(latin1: string): string | null {
  if (/^[\x20-\x7e]*$/.test(latin1)) return latin1;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return null;
  }
}
