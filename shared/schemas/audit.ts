import { z } from 'zod';
import { auditActions } from '../audit-actions.ts';
import { redact } from '../redact.ts';
import { idSchema, pageQuerySchema, pageSchema, sentTimeSchema, timeSchema } from './common.ts';

export const auditActionSchema = z.enum(auditActions, {
  error: `action must be one of ${auditActions.join(', ')}.`,
});

const changedValueSchema = z.union([z.string(), z.boolean(), z.null()]);

export const auditEventSchema = z
  .object({
    id: idSchema,
    at: timeSchema,
    actor: z.object({
      kind: z.enum(['user', 'service-account', 'client', 'system', 'anonymous']),
      id: z.string().nullable(),
      email: z
        .string()
        .nullable()
        .describe('The email address, `service-account:NAME`, or the name of an OAuth client'),
      token: z.string().optional().describe('The name of the management key that a service account used'),
    }),
    action: auditActionSchema,
    target: z.object({
      kind: z.enum([
        'user',
        'service-account',
        'token',
        'session',
        'client',
        'app',
        'trust',
        'webhook',
        'mail',
        'issuer',
        'database',
      ]),
      id: z.string().nullable(),
      name: z.string().nullable(),
      owner: z
        .string()
        .nullable()
        .describe('The email address of the owner or `service-account:NAME`, if the target is a token'),
    }),
    changes: z
      .array(z.object({ field: z.string(), from: changedValueSchema, to: changedValueSchema }))
      .nullable()
      .describe(
        'The fields that changed, if the action is `token.changed`, `token.transferred`, `app.changed`, `trust.changed`, `webhook.changed`, `client.changed`, `service_account.created`, `service_account.changed` or `user.groups_changed`, the claims of `token.exchanged`, the uses of `token.canary_used`, or the place of `token.leaked`. A list has one entry a line, and an empty list that denies everything is `(none)`',
      ),
    ip: z
      .string()
      .nullable()
      .describe(
        'The IP address of the client, or its network once `TOKENSD_AUDIT_IP_AFTER` has cut it, such as `203.0.113.0/24`',
      ),
    user_agent: z.string().nullable(),
  })
  .meta({ id: 'AuditEvent' });
export type AuditEvent = z.infer<typeof auditEventSchema>;

/** The text of a filter. A token value that is pasted here by mistake ends up in logs of proxies, so it is refused. */
export const searchSchema = (name: string) =>
  z
    .string()
    .min(1)
    .max(320)
    .refine(
      (text) => redact(text) === text,
      `${name} must not contain a token value or another secret. Use the prefix.`,
    );

export const auditQuerySchema = pageQuerySchema.extend({
  user: z
    .string()
    .min(1)
    .optional()
    .describe('The ID or email address of the actor, owner or target, or `service-account:NAME`'),
  actor: searchSchema('actor')
    .optional()
    .describe(
      'The ID, email address or `service-account:NAME` of the actor, the name of an OAuth client, or `system`. An address also finds failed sign-ins with it',
    ),
  owner: searchSchema('owner')
    .optional()
    .describe('The ID, email address or `service-account:NAME` of the owner of the account or token that was changed'),
  target: searchSchema('target')
    .optional()
    .describe(
      'The ID of the target, the name that it has now or has in the log, or the prefix of a token, such as `tok_8fK2b1Qz`. A prefix also finds revoked tokens and values from before a rotation',
    ),
  ip: searchSchema('ip')
    .optional()
    .describe('The IP address of the client, or a network such as `203.0.113.0/24` or `2001:db8::/32`'),
  since: sentTimeSchema('since').optional().describe('An RFC 3339 time; earlier events are left out'),
  until: sentTimeSchema('until')
    .optional()
    .describe('An RFC 3339 time, not earlier than `since`; events at this time and later are left out'),
  action: auditActionSchema.optional(),
  after: z
    .union([z.literal(''), z.literal('latest'), z.uuid()], {
      error: 'after must be the ID of an event, latest, or empty to begin with the first event.',
    })
    .optional()
    .describe(
      'Lists events oldest first, in the order in which they were saved: those after the event with this ID, or all of them if the value is empty. `latest` returns no events, and the `next_cursor` from which new ones follow. Not together with a filter',
    ),
});
export const auditPageSchema = pageSchema(auditEventSchema).meta({ id: 'AuditPage' });
