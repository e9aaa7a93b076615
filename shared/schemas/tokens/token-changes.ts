import { z } from 'zod';
import { limits } from '../../limits.ts';
import { serviceAccountNameSchema } from '../accounts/service-accounts.ts';
import { descriptionSchema, sentTimeSchema, tokenNameSchema } from '../common.ts';
import { ruleFields } from './rules.ts';
import { expiryFields, isOneExpiry, manageField, maxTime, twoExpiries } from './tokens.ts';

const overlapFields = {
  overlap: z
    .int('overlap must be a whole number of seconds.')
    .min(0, 'overlap must not be negative.')
    .max(limits.maxOverlapSeconds, 'The overlap must be at most 30 days.')
    .optional()
    .describe('How many seconds the old value stays accepted, 86,400 by default. With 0, it ends at once'),
  end_previous: z
    .boolean()
    .optional()
    .describe('Whether to end the value before the last rotation, if it is still accepted. False by default'),
};

/** A token's own request for a new value. It cannot choose its expiry. */
export const selfRotateBodySchema = z.strictObject(overlapFields).meta({ id: 'SelfRotate' });
export type SelfRotateBody = z.infer<typeof selfRotateBodySchema>;

export const rotateTokenBodySchema = z
  .strictObject({ ...overlapFields, ...expiryFields })
  .refine(isOneExpiry, twoExpiries)
  .meta({ id: 'RotateToken' });
export type RotateTokenBody = z.infer<typeof rotateTokenBodySchema>;

export const editTokenBodySchema = z
  .strictObject({
    name: tokenNameSchema.optional(),
    description: descriptionSchema.nullable().optional(),
    ...expiryFields,
    self_rotate: z.boolean().optional().describe('Whether the token may rotate itself. It then needs an expiry'),
    quiet_networks: z
      .boolean()
      .optional()
      .describe('Whether to send no mail about uses of this token from new networks'),
    manage: manageField
      .optional()
      .describe('The scopes of a management key, in place of the present ones. No other token can become one'),
    ...ruleFields,
  })
  .refine(isOneExpiry, twoExpiries)
  .refine((body) => Object.keys(body).length > 0, 'Send at least one field.')
  .meta({ id: 'EditToken' });
export type EditTokenBody = z.infer<typeof editTokenBodySchema>;

export const transferTokenBodySchema = z
  .strictObject({
    to: serviceAccountNameSchema.describe('The name of the service account that receives the token'),
    name: tokenNameSchema.optional().describe('The name that the token has there; its present name by default'),
  })
  .meta({ id: 'TransferToken' });
export type TransferTokenBody = z.infer<typeof transferTokenBodySchema>;

export const pauseTokenBodySchema = z
  .strictObject({
    until: sentTimeSchema('until')
      .refine((text) => !(Date.parse(text) > maxTime), 'until must be before the year 10000 in UTC.')
      .optional()
      .describe('A future RFC 3339 time at which the pause ends by itself; by default, it does not'),
    for: z
      .int('for must be a whole number of seconds.')
      .min(1, 'for must be at least 1 second.')
      .max(limits.maxExpirySeconds, 'for must be at most 100 years.')
      .optional()
      .describe('The same as a number of seconds from now'),
    reason: descriptionSchema.optional(),
  })
  .refine((body) => body.until === undefined || body.for === undefined, {
    path: ['for'],
    error: 'Send until or for, not both.',
  })
  .meta({ id: 'PauseToken' });
export type PauseTokenBody = z.infer<typeof pauseTokenBodySchema>;
