import type { OwnerGroups } from '../../domain/tokens/rules/owner-groups.ts';
import { type AllowedRequest, valueEndsAt } from '../../domain/tokens/verify.ts';
import type { CredentialField } from './credential.ts';

/**
 * Returns the header fields of a 200: name, value, name, value, …. All eleven identity fields are always present, so that a
 * proxy which copies them overwrites any that the client sent. A missing value is an empty field. IDs, prefixes and names of apps
 * need no encoding. `field` is the one that carried the token, which the proxy removes.
 */
export type IdentityHeaders = (allowed: AllowedRequest, field: CredentialField) => string[];

export function createIdentityHeaders(): IdentityHeaders {
  const encodedGroups = createEncodeGroups();
  return ({ token, groups, app }, field) => {
    const endsAt = valueEndsAt(token);
    return [
      'X-Auth-User',
      encodeIdentity(token.ownerEmail),
      'X-Auth-User-Id',
      token.ownerId,
      'X-Auth-User-Name',
      encodeIdentity(token.ownerName),
      'X-Auth-User-Kind',
      token.ownerKind,
      'X-Auth-Groups',
      encodedGroups(groups),
      'X-Auth-App',
      app === null ? '' : app.name,
      'X-Auth-Token-Id',
      token.id,
      'X-Auth-Token-Name',
      encodeIdentity(token.name),
      'X-Auth-Token-Prefix',
      token.prefix,
      'X-Auth-Token-Expires',
      endsAt === null ? '' : new Date(endsAt).toISOString(),
      'X-Auth-Superuser',
      String(token.ownerSuperuser),
      'X-Tokens-Credential',
      field,
      'Cache-Control',
      'no-store',
      'Content-Length',
      '0',
    ];
  };
}

/** The header fields of a 200 for a request that passes without an identity. */
export const emptyIdentity: readonly string[] = [
  ...['User', 'User-Id', 'User-Name', 'User-Kind', 'Groups', 'App'],
  ...['Token-Id', 'Token-Name', 'Token-Prefix', 'Token-Expires', 'Superuser'],
].flatMap((field) => [`X-Auth-${field}`, '']);

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
