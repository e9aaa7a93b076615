import { type VerifiedToken, valueEndsAt } from '../../domain/tokens/verify.ts';

/**
 * Returns the header fields of a 200: name, value, name, value, …. All eight identity fields are always present, so that a
 * proxy which copies them overwrites any that the client sent. A missing value is an empty field. IDs and prefixes are
 * generated here and need no encoding.
 */
export function identityHeaders(token: VerifiedToken): string[] {
  const endsAt = valueEndsAt(token);
  return [
    'X-Auth-User',
    encodeIdentity(token.ownerEmail),
    'X-Auth-User-Id',
    token.ownerId,
    'X-Auth-User-Name',
    encodeIdentity(token.ownerName),
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
    'Cache-Control',
    'no-store',
    'Content-Length',
    '0',
  ];
}

/** Percent-encodes space, `%` and everything outside visible ASCII as UTF-8 bytes (RFC 3986 §2.1). */
export function encodeIdentity(text: string): string {
  if (/^[\x21-\x24\x26-\x7e]*$/.test(text)) return text;
  return text.replace(/[^\x21-\x24\x26-\x7e]/gu, (character) =>
    Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}
