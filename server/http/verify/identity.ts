import type { VerifiedToken } from '../../domain/tokens/verify.ts';

/**
 * The header of the answer about a good token, names and values in turn: who is behind it, for the upstream, always all
 * seven, empty if there is no value. Ids and prefixes are ours and need no encoding.
 */
export function admissionHeader(token: VerifiedToken): string[] {
  return [
    'X-Auth-User',
    encodeField(token.ownerEmail),
    'X-Auth-User-Id',
    token.ownerId,
    'X-Auth-User-Name',
    encodeField(token.ownerName),
    'X-Auth-Token-Id',
    token.id,
    'X-Auth-Token-Name',
    encodeField(token.name),
    'X-Auth-Token-Prefix',
    token.prefix,
    'X-Auth-Superuser',
    String(token.ownerSuperuser),
    'Cache-Control',
    'no-store',
    'Content-Length',
    '0',
  ];
}

/** Percent-encodes the UTF-8 bytes of space, `%` and whatever is not visible ASCII (RFC 3986 §2.1). */
export function encodeField(text: string): string {
  if (/^[\x21-\x24\x26-\x7e]*$/.test(text)) return text;
  return text.replace(/[^\x21-\x24\x26-\x7e]/gu, (character) =>
    Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}
