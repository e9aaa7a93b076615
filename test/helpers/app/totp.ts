import { Secret, TOTP } from 'otpauth';
import type { PreparedTotp } from '../../../shared/schemas/totp.ts';
import { jsonOf, type Member, type TestApp } from './app.ts';

/** What an authenticator app shows at that time. */
export function codeAt(secret: string, at: number): string {
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at });
}

/** Turns two-step sign-in of a member on, over the API. The code of now is spent: move the clock on by a step. */
export async function turnOn(app: TestApp, as: Member): Promise<{ secret: string; recoveryCodes: string[] }> {
  const prepared = await app.ask('/api/v1/me/totp', { as, json: { password: as.password } });
  const { secret } = await jsonOf<PreparedTotp>(prepared);
  const json = { code: codeAt(secret, app.clock.now()) };
  const confirmed = await jsonOf<{ recovery_codes: string[] }>(app.ask('/api/v1/me/totp/confirm', { as, json }));
  return { secret, recoveryCodes: confirmed.recovery_codes };
}
