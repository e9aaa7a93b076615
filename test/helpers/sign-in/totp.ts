import { Secret, TOTP } from 'otpauth';
import type { PreparedTotp } from '../../../shared/schemas/sign-in/totp.ts';
import { jsonOf, type Member, type TestApp } from '../app/app.ts';

/** Returns the code that an authenticator app shows at the given time. */
export function codeAt(secret: string, at: number): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at });
}

/**
 * Turns on two-factor sign-in for a member through the API. This uses up the current code: advance the clock by 30 s before
 * you use the next one.
 */
export async function turnOn(app: TestApp, as: Member): Promise<{ secret: string; recoveryCodes: string[] }> {
  const prepared = await app.ask('/api/v1/me/totp', { as, json: { password: as.password } });
  const { secret } = await jsonOf<PreparedTotp>(prepared);
  const json = { code: codeAt(secret, app.clock.now()) };
  const confirmed = await jsonOf<{ recovery_codes: string[] }>(app.ask('/api/v1/me/totp/confirm', { as, json }));
  return { secret, recoveryCodes: confirmed.recovery_codes };
}
