import { z } from 'zod';
import { limits } from '../limits.ts';
import {
  descriptionSchema,
  idSchema,
  pageQuerySchema,
  pageSchema,
  queryBooleanSchema,
  sentTimeSchema,
  timeSchema,
  tokenNameSchema,
} from './common.ts';

/** The first that applies: owner disabled, owner without the permission, owner's single sign-on too long ago, expired, else active. */
export const tokenStatusSchema = z.enum(['active', 'blocked', 'disabled', 'sso-stale', 'expired']);
export type TokenStatus = z.infer<typeof tokenStatusSchema>;

export const lastUsedSchema = z.object({
  at: timeSchema,
  method: z.string().nullable(),
  path: z.string().nullable(),
  ip: z.string().nullable(),
  user_agent: z.string().nullable(),
});

export const tokenSchema = z
  .object({
    id: idSchema,
    name: z.string(),
    prefix: z.string().meta({ example: 'tok_8fK2b1Qz' }),
    description: z.string().nullable(),
    owner: z.string().meta({ description: "The owner's e-mail address" }),
    created_at: timeSchema,
    expires_at: timeSchema.nullable(),
    status: tokenStatusSchema,
    last_used: lastUsedSchema.nullable(),
  })
  .meta({ id: 'Token' });
export type Token = z.infer<typeof tokenSchema>;

/** The one answer that holds the value. */
export const createdTokenSchema = tokenSchema.extend({ token: z.string() }).meta({ id: 'CreatedToken' });
export type CreatedToken = z.infer<typeof createdTokenSchema>;

/** The last time that RFC 3339 can write in UTC, whatever offset it was sent with. */
const latestTime = Date.parse('9999-12-31T23:59:59.999Z');

export const createTokenBodySchema = z
  .strictObject({
    name: tokenNameSchema,
    description: descriptionSchema.nullable().optional(),
    expires_in: z
      .int('expires_in is a whole number of seconds.')
      .min(1, 'expires_in is at least 1 second.')
      .max(limits.expirySecondsMaximum, 'expires_in is at most 100 years.')
      .nullable()
      .optional()
      .meta({ description: 'Seconds; null: never' }),
    expires_at: sentTimeSchema('expires_at')
      .refine((text) => !(Date.parse(text) > latestTime), 'expires_at is before the year 10000 in UTC.')
      .nullable()
      .optional()
      .meta({ description: 'RFC 3339, to come; null: never' }),
  })
  .refine((body) => body.expires_in === undefined || body.expires_at === undefined, {
    path: ['expires_at'],
    error: 'Send expires_in or expires_at, not both.',
  })
  .meta({ id: 'CreateToken' });
export type CreateTokenBody = z.infer<typeof createTokenBodySchema>;

export const tokenListQuerySchema = pageQuerySchema
  .extend({
    user: z.string().min(1).optional().meta({ description: 'Id or e-mail of the owner (superuser)' }),
    all: queryBooleanSchema.optional().meta({ description: "Everybody's tokens (superuser)" }),
    status: tokenStatusSchema.optional(),
  })
  .refine(({ user, all }) => user === undefined || !all, { path: ['user'], error: 'Send user or all, not both.' });
export const tokenPageSchema = pageSchema(tokenSchema).meta({ id: 'TokenPage' });
