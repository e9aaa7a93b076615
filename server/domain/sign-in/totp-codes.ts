import { randomInt } from 'node:crypto';
import { Secret as OtpSecret, TOTP } from 'otpauth';

/** What authenticator apps all know (RFC 6238 §1.2): SHA-1, six digits, thirty seconds; 160 bits (RFC 4226 §4). */
const shape = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
const secretBytes = 20;
/** Clocks differ: the step before and the step after count as well (§5.2). */
const window = 1;

const consonants = 'BCDFGHJKLMNPQRSTVWXZ';
const recoveryCodeCount = 10;
const recoveryCodeGroups = 4;
const groupLength = 4;

export function generateTotpSecret(): string {
  return new OtpSecret({ size: secretBytes }).base32;
}

/** The `otpauth:` address that an app reads, by hand or as a picture. */
export function totpUri(secret: string, { issuer, label }: { issuer: string; label: string }): string {
  return totpOf(secret, { issuer, label }).toString();
}

/** The time step of a code that is right at `now` (milliseconds), give or take one; null if it is not. */
export function stepOfCode(secret: string, code: string, now: number): number | null {
  const token = code.replace(/\s/g, '');
  if (!/^[0-9]{6}$/.test(token)) return null;
  const delta = totpOf(secret).validate({ token, timestamp: now, window });
  return delta === null ? null : Math.floor(now / (shape.period * 1000)) + delta;
}

/** Ten codes of 69 random bits. */
export function generateRecoveryCodes(): string[] {
  const group = () =>
    Array.from({ length: groupLength }, () => consonants.charAt(randomInt(consonants.length))).join('');
  const code = () => Array.from({ length: recoveryCodeGroups }, group).join('-');
  return Array.from({ length: recoveryCodeCount }, code);
}

/** As it is hashed: case, spaces and dashes do not count. */
export function plainRecoveryCode(typed: string): string {
  return typed.toUpperCase().replace(/[^A-Z]/g, '');
}

function totpOf(secret: string, names: { issuer?: string; label?: string } = {}): TOTP {
  return new TOTP({ ...shape, ...names, secret: OtpSecret.fromBase32(secret) });
}
