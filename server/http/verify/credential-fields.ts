import { isWellFormedToken } from '../../../shared/token-format.ts';
import { decodeHeader, type RawHeaders } from '../wire/raw-headers.ts';
import { decodeBase64 } from './base64.ts';

/** DRF's error texts for a credential that cannot be read. */
export const malformedDetails = {
  empty: 'Invalid token header. No credentials provided.',
  spaces: 'Invalid token header. Token string should not contain spaces.',
  characters: 'Invalid token header. Token string should not contain invalid characters.',
  other: 'Invalid token.',
} as const;

/** The credential in one field value. `none`: nothing, or another scheme. `value`: a text that may be a token. */
export type FieldCredential =
  | { kind: 'none' }
  | { kind: 'malformed'; problem: keyof typeof malformedDetails }
  | { kind: 'value'; value: string };

/** Reads one value of a field. */
type ReadField = (value: string) => FieldCredential;

/** Reads the scheme `Token`, `Bearer` (RFC 6750 §2.1) or `Basic` (RFC 7617). */
export const readAuthorization: ReadField = (text) => {
  const [scheme, ...rest] = words(text);
  switch (scheme?.toLowerCase()) {
    case 'token':
    case 'bearer':
      return single(rest);
    case 'basic':
      return fromBasic(rest);
    default:
      return { kind: 'none' };
  }
};

/** Reads the value itself. */
export const readApiKey: ReadField = (text) => single(words(text));

/** Reads the value itself, or the scheme `Token` or `Bearer`. */
export const readTokensAuthorization: ReadField = (text) => {
  const [scheme = '', ...rest] = words(text);
  return /^(?:token|bearer)$/i.test(scheme) ? single(rest) : single(words(text));
};

/**
 * The content of a field of a request: nothing, a credential of the app, one token in a form that counts, or a token in a way
 * that does not count, because the field is repeated, is a list, or holds more than the token.
 */
export type FieldContent = 'none' | 'foreign' | 'ours' | 'mixed';

/** Returns the content of a field with these values. A field that was sent empty holds nothing. */
export function contentOf(values: readonly string[], read: ReadField): FieldContent {
  const [only = ''] = values;
  if (values.every((value) => words(value).length === 0)) return values.length > 1 ? 'foreign' : 'none';
  if (values.length === 1 && isOurs(read(only))) return 'ours';
  return values.some((value) => holdsToken(value, read)) ? 'mixed' : 'foreign';
}

/** Reports whether any element of a list is a token, in a form of the field or by itself. */
function holdsToken(value: string, read: ReadField): boolean {
  if (!value.includes('_') && !/basic/i.test(value)) return false;
  return value.split(',').some((element) => isOurs(read(element)) || words(element).some(isWellFormedToken));
}

function isOurs(credential: FieldCredential): boolean {
  return credential.kind === 'value' && isWellFormedToken(credential.value);
}

/** Returns all values of a field, in order. `name` must be lower case. */
export function valuesOf(rawHeaders: RawHeaders, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const field = rawHeaders[i] ?? '';
    if (field.length === name.length && field.toLowerCase() === name) values.push(rawHeaders[i + 1] ?? '');
  }
  return values;
}

function single([value, ...more]: string[]): FieldCredential {
  if (value === undefined) return { kind: 'malformed', problem: 'empty' };
  if (more.length > 0) return { kind: 'malformed', problem: 'spaces' };
  const text = decodeHeader(value);
  return text === null ? { kind: 'malformed', problem: 'characters' } : { kind: 'value', value: text };
}

/** Passwords that say "the user name is the token". An empty one is what `curl -u TOKEN:` sends. */
const placeholderPasswords: readonly string[] = ['', 'x-oauth-basic'];

/**
 * Reads the password of `user:password`. A user name cannot contain a colon (RFC 7617 §2). A user name counts instead if
 * it is a well-formed token and the password is a placeholder. Any other user name is ignored.
 */
function fromBasic([encoded = '', ...more]: string[]): FieldCredential {
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
