import { randomInt } from 'node:crypto';
import { Secret as OtpSecret, TOTP } from 'otpauth';
import { hashSecret } from '../../secrets.ts';

/** What every authenticator app supports (RFC 6238 §1.2): SHA-1, six digits, 30 seconds. */
const shape = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
/** 160 bits (RFC 4226 §4). */
const secretBytes = 20;
/** Clocks differ, so the time steps before and after the current one are accepted too (RFC 6238 §5.2). */
const window = 1;

const consonants = 'BCDFGHJKLMNPQRSTVWXZ';
const recoveryCodeCount = 10;
const recoveryCodeGroups = 4;
const groupLength = 4;

export function generateTotpSecret(): string {
  return new OtpSecret({ size: secretBytes }).base32;
}

/** Returns the `otpauth:` URI that authenticator apps read, usually as a QR code. */
export function totpUri(secret: string, { issuer, label }: { issuer: string; label: string }): string {
  return totpOf(secret, { issuer, label }).toString();
}

/** Returns the time step that a code is valid for, near `now` (milliseconds), or null if the code is wrong. */
export function stepOfCode(secret: string, code: string, now: number): number | null {
  const token = code.replace(/\s/g, '');
  if (!/^[0-9]{6}$/.test(token)) return null;
  const delta = totpOf(secret).validate({ token, timestamp: now, window });
  return delta === null ? null : Math.floor(now / (shape.period * 1000)) + delta;
}

/** Generates ten codes of 69 random bits each. */
export function generateRecoveryCodes(): string[] {
  const group = () =>
    Array.from({ length: groupLength }, () => consonants.charAt(randomInt(consonants.length))).join('');
  const code = () => Array.from({ length: recoveryCodeGroups }, group).join('-');
  return Array.from({ length: recoveryCodeCount }, code);
}

/** Returns the hash to store. Case, spaces and dashes make no difference. */
export function hashRecoveryCode(typed: string): string {
  return hashSecret(typed.toUpperCase().replace(/[^A-Z]/g, ''));
}

function totpOf(secret: string, names: { issuer?: string; label?: string } = {}): TOTP {
  return new TOTP({ ...shape, ...names, secret: OtpSecret.fromBase32(secret) });
}
