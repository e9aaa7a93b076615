import { z } from 'zod';

export const totpStatusSchema = z
  .object({
    enabled: z.boolean().describe('Whether codes of an authenticator app are the second factor'),
    required: z.boolean().describe('Whether the organization requires it'),
    passkeys: z.int().describe('The number of passkeys, each of which is a second factor, too'),
    recovery_codes_left: z.int(),
  })
  .meta({ id: 'TotpStatus' });
export type TotpStatus = z.infer<typeof totpStatusSchema>;

/** The secret of a TOTP enrolment. No other response contains it. */
export const preparedTotpSchema = z
  .object({
    secret: z.string().describe('The secret in base32'),
    uri: z.string().describe('The same as an `otpauth:` URI, for a QR code'),
  })
  .meta({ id: 'PreparedTotp' });
export type PreparedTotp = z.infer<typeof preparedTotpSchema>;

/** New recovery codes. No other response contains them. */
export const recoveryCodesSchema = z
  .object({ recovery_codes: z.array(z.string()).describe('Each replaces a code of the authenticator app once') })
  .meta({ id: 'RecoveryCodes' });

export const confirmPasswordBodySchema = z.strictObject({ password: z.string() }).meta({ id: 'ConfirmPassword' });
/** A change that needs the password, or a session that has confirmed within the last hour who uses it. */
export const optionalPasswordBodySchema = z
  .strictObject({
    password: z
      .string()
      .optional()
      .describe('Without it, the session must have confirmed within the last hour who uses it'),
  })
  .meta({ id: 'OptionalPassword' });
export const confirmCodeBodySchema = z.strictObject({ code: z.string() }).meta({ id: 'ConfirmCode' });
