import type { OwnerGroups } from '../../domain/tokens/rules/owner-groups.ts';
import { type AllowedRequest, valueEndsAt } from '../../domain/tokens/verify.ts';
import { type FieldLines, fieldLines } from '../wire/whole-response.ts';
import type { CredentialField } from './credential.ts';

/**
 * Returns the header fields of a 200. All eleven identity fields are always present, so that a
 * proxy which copies them overwrites any that the client sent. A missing value is an empty field. IDs, prefixes and names of apps
 * need no encoding. `field` is the one that carried the token, which the proxy removes.
 */
export type IdentityHeaders = (allowed: AllowedRequest, field: CredentialField) => FieldLines;

export function createIdentityHeaders(): IdentityHeaders {
  const encodedGroups = createEncodeGroups();
  return ({ token, groups, app }, field) => {
    const endsAt = valueEndsAt(token);
    return `X-Auth-User: ${encodeIdentity(token.ownerEmail)}\r
X-Auth-User-Id: ${plain(token.ownerId)}\r
X-Auth-User-Name: ${encodeIdentity(token.ownerName)}\r
X-Auth-User-Kind: ${plain(token.ownerKind)}\r
X-Auth-Groups: ${encodedGroups(groups)}\r
X-Auth-App: ${app === null ? '' : plain(app.name)}\r
X-Auth-Token-Id: ${plain(token.id)}\r
X-Auth-Token-Name: ${encodeIdentity(token.name)}\r
X-Auth-Token-Prefix: ${plain(token.prefix)}\r
X-Auth-Token-Expires: ${endsAt === null ? '' : new Date(endsAt).toISOString()}\r
X-Auth-Superuser: ${token.ownerSuperuser}\r
X-Tokens-Credential: ${field}\r
Cache-Control: no-store\r
Content-Length: 0\r
` as FieldLines;
  };
}

/** The header fields of a 200 for a request that passes without an identity. */
export const emptyIdentity: FieldLines = fieldLines([
  ...['User', 'User-Id', 'User-Name', 'User-Kind', 'Groups', 'App'].map((field) => [`X-Auth-${field}`, ''] as const),
  ...['Token-Id', 'Token-Name', 'Token-Prefix', 'Token-Expires', 'Superuser'].map(
    (field) => [`X-Auth-${field}`, ''] as const,
  ),
  ['Cache-Control', 'no-store'],
  ['Content-Length', '0'],
]);

/** Returns a text that needs no encoding. @throws TypeError if it does: a damaged row must not add header fields */
function plain(text: string): string {
  if (!/^[!-~]*$/.test(text)) throw new TypeError('A field of a token has a character that it must not have.');
  return text;
}

/** Percent-encodes space, `%` and everything outside visible ASCII as UTF-8 bytes (RFC 3986 §2.1). */
export function encodeIdentity(text: string): string {
  if (/^[\x21-\x24\x26-\x7e]*$/.test(text)) return text;
  return text.replace(/[^\x21-\x24\x26-\x7e]/gu, (character) =>
    Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

/** Creates the function that joins groups with commas. A comma in the name of a group is encoded as `%2C`. */
function createEncodeGroups(): (groups: OwnerGroups) => string {
  const encoded = new WeakMap<OwnerGroups, string>();
  return (groups) => {
    if (groups.names.length === 0) return '';
    const known = encoded.get(groups);
    if (known !== undefined) return known;
    const text = groups.names.map((name) => encodeIdentity(name).replaceAll(',', '%2C')).join(',');
    encoded.set(groups, text);
    return text;
  };
}
