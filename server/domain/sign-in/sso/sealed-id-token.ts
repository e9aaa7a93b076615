import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Secret } from '../../secrets.ts';

/*
 * An ID token names a person and their groups. It is stored only to end the provider's session, which happens in a request
 * that carries the session's secret. It is therefore encrypted with a key from that secret: the database holds only the
 * secret's hash, so neither the database nor a backup reveals an ID token.
 */

const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/** Encrypts an ID token with a session's secret. */
export function sealIdToken(idToken: string, secret: Secret): string {
  const iv = randomBytes(ivBytes);
  const encrypt = createCipheriv(cipher, keyFrom(secret.reveal()), iv);
  const content = Buffer.concat([encrypt.update(idToken, 'utf8'), encrypt.final()]);
  return Buffer.concat([iv, encrypt.getAuthTag(), content]).toString('base64url');
}

/** Decrypts an ID token. Returns null if it was encrypted with another session's secret. */
export function openIdToken(sealed: string, secret: string): string | null {
  const bytes = Buffer.from(sealed, 'base64url');
  const [iv, tag] = [bytes.subarray(0, ivBytes), bytes.subarray(ivBytes, ivBytes + tagBytes)];
  try {
    const decrypt = createDecipheriv(cipher, keyFrom(secret), iv, { authTagLength: tagBytes }).setAuthTag(tag);
    return decrypt.update(bytes.subarray(ivBytes + tagBytes), undefined, 'utf8') + decrypt.final('utf8');
  } catch {
    return null;
  }
}

function keyFrom(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'tokensd id token', 32));
}
