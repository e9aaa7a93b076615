import { z } from 'zod';
import { userSchema } from '../accounts/users.ts';
import { idSchema, timeSchema } from '../common.ts';

export const createSessionBodySchema = z
  .strictObject({
    email: z.string(),
    password: z.string(),
    code: z.string().optional().describe('A code from the authenticator app, or a recovery code'),
  })
  .meta({ id: 'CreateSession' });

/** A new session. No other response contains its secret. */
export const createdSessionSchema = z
  .object({
    id: idSchema,
    secret: z.string().describe('The session secret, which is shown only once'),
    expires_at: timeSchema.describe('The latest end. A session that is not used for long ends earlier.'),
    user: userSchema,
  })
  .meta({ id: 'CreatedSession' });
export type CreatedSession = z.infer<typeof createdSessionSchema>;

export const sessionSchema = z
  .object({
    id: idSchema,
    created_at: timeSchema,
    expires_at: timeSchema.describe('The latest end, even if the session is in use'),
    idle_expires_at: timeSchema.describe('When the session ends if it is not used until then. Each use extends it.'),
    confirmed_until: timeSchema
      .nullable()
      .describe(
        'Until when the session needs no confirmation that it is really the member, an hour after the last one. Signing in counts as one. Null if there was none',
      ),
    confirm_with: z
      .array(z.enum(['sso', 'password', 'passkey']))
      .describe('How the member can confirm that, the usual way first. `sso` and `passkey` work in the console only'),
  })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof sessionSchema>;
