import { z } from 'zod';
import { limits } from '../../limits.ts';
import { scopes } from '../../scopes.ts';
import { serviceAccountNameSchema } from '../accounts/service-accounts.ts';
import {
  descriptionSchema,
  idSchema,
  queryBooleanSchema,
  sentTimeSchema,
  timeSchema,
  tokenNameSchema,
} from '../common.ts';
import { scopeSchema } from '../scopes.ts';
import { canaryChoices } from './canary-choices.ts';
import { decisionSchema, ruleFields, tokenRuleFields } from './rules.ts';

/** The status of a token. Several causes may apply at once; `tokenStatus` in the domain defines which one is shown. */
export const tokenStatusSchema = z
  .enum(['active', 'blocked', 'disabled', 'sso-stale', 'paused', 'expired', 'idle'])
  .describe(
    "`active`: accepted. `disabled`: the owner is disabled. `blocked`: the owner lacks the permission. `sso-stale`: the owner's last single sign-on is too long ago. `paused`: paused by its owner or a superuser. `expired`: past its expiry. `idle`: unused for longer than `TOKENSD_MAX_IDLE` allows. If several apply, the first in this order is shown: disabled, blocked, sso-stale, paused, expired, idle.",
  );
export type TokenStatus = z.infer<typeof tokenStatusSchema>;

export const lastUsedSchema = z.object({
  at: timeSchema,
  method: z.string().nullable().describe('The HTTP method, or null if it is unknown'),
  path: z.string().nullable().describe('The path without its query, or null if it is unknown'),
  ip: z.string().nullable().describe('The IP address of the client'),
  user_agent: z.string().nullable(),
});

/** A denied request with the value of a token. */
export const deniedRequestSchema = lastUsedSchema
  .extend({
    reason: z.string().describe('The deny reason'),
    app: z
      .string()
      .nullable()
      .describe('The app that the request was for, or null if it was for none or for an unknown one'),
  })
  .meta({ id: 'DeniedRequest' });
export type DeniedRequest = z.infer<typeof deniedRequestSchema>;

export const previousValueSchema = z.object({
  prefix: z.string().meta({ description: 'The first characters of the previous value', example: 'tok_3dRw90Lp' }),
  valid_until: timeSchema.describe('The previous value is accepted until then'),
  last_used: lastUsedSchema.nullable().describe('Its last use since the rotation, or null if there was none'),
});

export const pauseSchema = z.object({
  at: timeSchema,
  until: timeSchema.nullable().describe('When the pause ends by itself, or null if it does not'),
  reason: z.string().nullable(),
  by: z.string().nullable().describe('The email address of the member who paused the token, or null'),
});

/** Who owns a token. */
export const ownerKindSchema = z
  .enum(['member', 'service-account'])
  .describe('Whether a member or a service account owns the token');

export const tokenSchema = z
  .object({
    id: idSchema,
    name: z.string(),
    prefix: z
      .string()
      .meta({ description: 'The first characters of the value, to recognize it by', example: 'tok_8fK2b1Qz' }),
    description: z.string().nullable(),
    owner: z.string().describe("The owner's email address, or `service-account:NAME`"),
    owner_kind: ownerKindSchema,
    created_at: timeSchema,
    expires_at: timeSchema.nullable().describe('Null if the token never expires'),
    status: tokenStatusSchema,
    last_used: lastUsedSchema.nullable().describe('The last use of the current value, or null if it was never used'),
    last_denied: deniedRequestSchema
      .nullable()
      .describe('The last denied request with any value of the token, or null if there was none'),
    rotated_at: timeSchema
      .nullable()
      .describe('When the token received its current value, or null if it was never rotated'),
    previous_used_at: timeSchema
      .nullable()
      .describe('When a value before the last rotation was last used, or null if none ever was'),
    previous: previousValueSchema
      .nullable()
      .describe('The value before the rotation, or null if it is no longer accepted'),
    paused: pauseSchema.nullable().describe('The pause, or null if the token is not paused'),
    self_rotate: z.boolean().describe('Whether the token may rotate itself'),
    lifetime: z
      .int()
      .nullable()
      .describe('Seconds between the last choice of the expiry and that expiry, or null if the token never expires'),
    quiet_networks: z.boolean().describe('Whether no mail is sent about uses from new networks'),
    manage: z.array(scopeSchema).describe('The scopes of a management key. Empty for every other token'),
    canary: z.boolean().describe('Whether the token is a canary, whose value never works'),
    ...tokenRuleFields,
  })
  .meta({ id: 'Token' });
export type Token = z.infer<typeof tokenSchema>;

/** The token that authenticates a request. `decision` is the verdict on the request that the query describes. */
export const presentedTokenSchema = tokenSchema
  .extend({ decision: decisionSchema.optional() })
  .meta({ id: 'PresentedToken' });
export type PresentedToken = z.infer<typeof presentedTokenSchema>;

/** A new token. No other response contains the value. */
export const createdTokenSchema = tokenSchema
  .extend({ token: z.string().describe('The value of the token, which is shown only once') })
  .meta({ id: 'CreatedToken' });
export type CreatedToken = z.infer<typeof createdTokenSchema>;

/** The latest time that RFC 3339 can represent in UTC. */
export const maxTime = Date.parse('9999-12-31T23:59:59.999Z');

/** The two ways to choose an expiry. */
export const expiryFields = {
  expires_in: z
    .int('expires_in must be a whole number of seconds.')
    .min(1, 'expires_in must be at least 1 second.')
    .max(limits.maxExpirySeconds, 'expires_in must be at most 100 years.')
    .nullable()
    .optional()
    .describe('The lifetime in seconds, or null for a token that never expires'),
  expires_at: sentTimeSchema('expires_at')
    .refine((text) => !(Date.parse(text) > maxTime), 'expires_at must be before the year 10000 in UTC.')
    .nullable()
    .optional()
    .describe('A future RFC 3339 time, or null for a token that never expires'),
};

/** Reports whether a body chooses an expiry in at most one way. */
export function isOneExpiry(body: { expires_in?: unknown; expires_at?: unknown }): boolean {
  return body.expires_in === undefined || body.expires_at === undefined;
}

export const twoExpiries = { path: ['expires_at'], error: 'Send expires_in or expires_at, not both.' };

/** The scopes in the body that creates or edits a token. */
export const manageField = z.array(scopeSchema, 'manage must be a list of scopes.').max(scopes.length);

export const createTokenBodySchema = z
  .strictObject({
    name: tokenNameSchema,
    manage: manageField
      .optional()
      .describe(
        'The scopes of a management key. It belongs to a service account, has an expiry of at most 366 days, and no rules but `networks`. Only superusers create one',
      ),
    service_account: serviceAccountNameSchema
      .optional()
      .describe('The service account that owns the token. By default, you own it'),
    description: descriptionSchema.nullable().optional(),
    ...expiryFields,
    self_rotate: z
      .boolean()
      .optional()
      .describe('Whether the token may rotate itself. It then needs an expiry. False by default'),
    quiet_networks: z
      .boolean()
      .optional()
      .describe('Whether to send no mail about uses of this token from new networks. False by default'),
    canary: z
      .boolean()
      .optional()
      .describe(
        'Whether the token is a canary: its value looks like any other, and never works. A request with it gets the same response as one with an unknown value, and you get a mail. It cannot have `manage`, `self_rotate`, `quiet_networks` or rules. False by default',
      ),
    ...ruleFields,
  })
  .refine(isOneExpiry, twoExpiries)
  .meta({ id: 'CreateToken' });
export type CreateTokenBody = z.infer<typeof createTokenBodySchema>;

/** A duration in the query of a list. */
const secondsSchema = (name: string) => {
  const error = `${name} must be a whole number of seconds from 1 to ${limits.maxExpirySeconds}.`;
  return z
    .string()
    .regex(/^[0-9]{1,10}$/, error)
    .transform(Number)
    .pipe(z.int().min(1, error).max(limits.maxExpirySeconds, error))
    .optional();
};

/** Parameters that select tokens by what happened to them. */
export const tokenFilterFields = {
  status: tokenStatusSchema.optional(),
  unused_for: secondsSchema('unused_for').describe(
    'Tokens that were last used longer ago than this many seconds, with either value, or were never used and created longer ago',
  ),
  never_used: queryBooleanSchema.optional().describe('If `true`, only tokens that were never used'),
  no_expiry: queryBooleanSchema.optional().describe('If `true`, only tokens that never expire'),
  unrotated_for: secondsSchema('unrotated_for').describe(
    'Tokens that were neither created nor rotated within this many seconds',
  ),
  exchanged: queryBooleanSchema
    .optional()
    .describe('If `true`, only tokens that jobs received in exchange for identity tokens. They are left out otherwise'),
  two_values: queryBooleanSchema
    .optional()
    .describe('If `true`, only tokens whose value before the last rotation still works'),
  expiring_within: secondsSchema('expiring_within').describe('Tokens that expire within this many seconds'),
  denied_within: secondsSchema('denied_within').describe(
    'Tokens with which a request was denied within this many seconds. Canaries are left out',
  ),
  canaries: z
    .enum(canaryChoices)
    .optional()
    .describe(
      'Which canaries are listed. `only`: nothing else. `used`: those whose value somebody presented. `false`: none. By default, only filters by times leave them out',
    ),
};
