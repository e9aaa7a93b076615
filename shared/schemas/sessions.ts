import { z } from 'zod';
import { idSchema, timeSchema } from './common.ts';
import { userSchema } from './users.ts';

export const createSessionBodySchema = z
  .strictObject({ email: z.string(), password: z.string(), code: z.string().optional() })
  .meta({ id: 'CreateSession' });

/** `expires_at` is the absolute end; a session that is not used for 12 hours ends earlier. */
export const createdSessionSchema = z
  .object({ id: idSchema, secret: z.string(), expires_at: timeSchema, user: userSchema })
  .meta({ id: 'CreatedSession' });
export type CreatedSession = z.infer<typeof createdSessionSchema>;

/** `idle_expires_at` moves on with each use. */
export const sessionSchema = z
  .object({ id: idSchema, created_at: timeSchema, expires_at: timeSchema, idle_expires_at: timeSchema })
  .meta({ id: 'Session' });
export type Session = z.infer<typeof sessionSchema>;
