import { isWellFormedToken } from '../../../shared/token-format.ts';
import { decodeHeader, fieldOf, type RawHeaders } from '../raw-headers.ts';
import { decodeBase64 } from './base64.ts';

/** DRF's error texts for a credential that cannot be read. */
export const malformedDetails = {
  empty: 'Invalid token header. No credentials provided.',
  spaces: 'Invalid token header. Token string should not contain spaces.',
  characters: 'Invalid token header. Token string should not contain invalid characters.',
  other: 'Invalid token.',
} as const;

/** What a request presents. `ambiguous`: more than one credential. `value`: one credential, not validated yet. */
export type Credential =
  | { kind: 'none' }
  | { kind: 'malformed'; problem: keyof typeof malformedDetails }
  | { kind: 'ambiguous' }
  | { kind: 'value'; value: string };

/**
 * Reads the credential from `Authorization` with the scheme `Token`, `Bearer` (RFC 6750 §2.1) or `Basic` (RFC 7617), or
 * from `X-API-Key`.
 */
export function readCredential(rawHeaders: RawHeaders): Credential {
  const authorization = fieldOf(rawHeaders, 'authorization');
  const apiKey = fieldOf(rawHeaders, 'x-api-key');
  if (authorization === null || apiKey === null) return { kind: 'ambiguous' };
  const [scheme, ...rest] = words(authorization ?? '');
  if (scheme !== undefined) return apiKey === undefined ? fromAuthorization(scheme, rest) : { kind: 'ambiguous' };
  return apiKey === undefined ? { kind: 'none' } : single(words(apiKey));
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
  const text = decodeHeader(value);
  return text === null ? { kind: 'malformed', problem: 'characters' } : { kind: 'value', value: text };
}

/** Passwords that say "the user name is the token". An empty one is what `curl -u TOKEN:` sends. */
const placeholderPasswords: readonly string[] = ['', 'x-oauth-basic'];

/**
 * Reads the password of `user:password`. A user name cannot contain a colon (RFC 7617 §2). A user name counts instead if
 * it is a well-formed token and the password is a placeholder. Otherwise it is ignored, whatever it is.
 */
function fromBasic([encoded = '', ...more]: string[]): Credential {
  const pair = decodeBase64(encoded)?.toString('latin1');
  const colon = pair?.indexOf(':') ?? -1;
  if (pair === undefined || colon < 0 || more.length > 0) return { kind: 'malformed', problem: 'other' };
  const [user, password] = [pair.slice(0, colon), pair.slice(colon + 1)];
  const isUserTheToken = placeholderPasswords.includes(password) && isWellFormedToken(user);
  return { kind: 'value', value: isUserTheToken ? user : password };
}

/** Splits at ASCII whitespace only, as DRF does when it splits the header's bytes. */
function words(value: string): string[] {
  return value.match(/[^\t\n\v\f\r ]+/g) ?? [];
}
