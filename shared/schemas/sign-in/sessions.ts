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

const sessionEnds = {
  expires_at: timeSchema.describe('The latest end, even if the session is in use'),
  idle_expires_at: timeSchema.describe('When the session ends if it is not used until then. Each use extends it.'),
};

export const sessionSchema = z
  .object({
    id: idSchema,
    created_at: timeSchema,
    ...sessionEnds,
    confirmed_until: timeSchema
      .nullable()
      .describe(
        'Until when the session needs no confirmation that it is really the member, an hour after the last one. Signing in counts as one. Null if there was none',
      ),
    confirm_with: z
      .array(z.enum(['sso', 'password', 'passkey']))
      .describe('How the member can confirm that, the usual way first. `sso` and `passkey` work in the console only'),
    server_version: z
      .string()
      .nullable()
      .describe('The version of tokensd. Null unless you are a superuser or an auditor'),
  })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof sessionSchema>;

/** A session in a list. Its ID is in the audit log too, and neither is its secret nor reveals it. */
export const listedSessionSchema = z
  .object({
    id: idSchema,
    kind: z
      .enum(['console', 'program'])
      .nullable()
      .describe(
        'What the session is for: `console` in a browser, or `program`, such as the command line. Null if it began before the daemon recorded this',
      ),
    ip: z.string().nullable().describe('The IP address from which the session began. Null if it is unknown'),
    agent: z.string().nullable().describe('The browser or program that began the session, such as `Chrome on Linux`'),
    user_agent: z.string().nullable().describe('What the browser or program said of itself'),
    sso: z.boolean().describe('Whether the session began with single sign-on'),
    created_at: timeSchema,
    last_used_at: timeSchema.describe('The last use, at most a minute late'),
    ...sessionEnds,
    current: z.boolean().describe('Whether this is the session that sent the request'),
  })
  .meta({ id: 'ListedSession' });
export type ListedSession = z.infer<typeof listedSessionSchema>;

export const sessionsSchema = z.object({ items: z.array(listedSessionSchema) }).meta({ id: 'Sessions' });
