import { Secret } from 'otpauth';
import { expect, it } from 'vitest';
import {
  generateRecoveryCodes,
  generateTotpSecret,
  stepOfCode,
  totpUri,
} from '../../../../server/domain/sign-in/totp/codes.ts';
import { codeAt } from '../../../helpers/sign-in/totp.ts';

/** RFC 6238 Appendix B, SHA-1. The last six of the eight digits there. */
const vectors = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
] as const;
const rfcSecret = Secret.fromUTF8('12345678901234567890').base32;

it.each(vectors)('accepts the RFC’s code at %i s', (seconds, code) => {
  expect(stepOfCode(rfcSecret, code, seconds * 1000)).toBe(Math.floor(seconds / 30));
});

it('accepts codes of the previous, current and next time step only', () => {
  const secret = generateTotpSecret();
  const now = 1_800_000_000_000;
  const steps = [-2, -1, 0, 1, 2].map((ahead) => stepOfCode(secret, codeAt(secret, now + ahead * 30_000), now));
  const step = now / 30_000;
  expect(steps).toEqual([null, step - 1, step, step + 1, null]);
});

it('accepts only six digits, with or without spaces', () => {
  const secret = generateTotpSecret();
  const now = 1_800_000_000_000;
  const code = codeAt(secret, now);
  expect(stepOfCode(secret, ` ${code.slice(0, 3)} ${code.slice(3)} `, now)).not.toBeNull();
  for (const text of ['', code.slice(1), `${code}0`, 'abcdef', `-${code.slice(1)}`]) {
    expect(stepOfCode(secret, text, now)).toBeNull();
  }
});

it('generates 160-bit secrets, their otpauth URI and ten distinct recovery codes', () => {
  expect(generateTotpSecret()).toMatch(/^[A-Z2-7]{32}$/);
  const uri = totpUri('GEZDGNBVGY3TQOJQ', { issuer: 'Acme: Ltd', label: 'ada@example.com' });
  expect(uri).toMatch(/^otpauth:\/\/totp\/Acme%3A%20Ltd:ada%40example.com\?/);
  const codes = generateRecoveryCodes();
  expect(new Set(codes).size).toBe(10);
  for (const code of codes) expect(code).toMatch(/^([BCDFGHJKLMNPQRSTVWXZ]{4}-){3}[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
});
