import { z } from 'zod';

/** Whether signing in with the password takes a second step. */
export const totpStatusSchema = z
  .object({ enabled: z.boolean(), required: z.boolean(), recovery_codes_left: z.int() })
  .meta({ id: 'TotpStatus' });

/** Shown this once: the secret as base32, and the same as the address that authenticator apps read. */
export const preparedTotpSchema = z.object({ secret: z.string(), uri: z.string() }).meta({ id: 'PreparedTotp' });
export type PreparedTotp = z.infer<typeof preparedTotpSchema>;

/** Shown this once; each works once instead of a code. */
export const recoveryCodesSchema = z.object({ recovery_codes: z.array(z.string()) }).meta({ id: 'RecoveryCodes' });

export const confirmPasswordBodySchema = z.strictObject({ password: z.string() }).meta({ id: 'ConfirmPassword' });
export const confirmCodeBodySchema = z.strictObject({ code: z.string() }).meta({ id: 'ConfirmCode' });
