import { z } from 'zod';
import { idSchema, pageQuerySchema, pageSchema, sentTimeSchema, timeSchema } from './common.ts';

/** The closed list of what is audited. README.md documents each. */
export const auditActions = [
  'session.created',
  'session.ended',
  'session.failed',
  'token.created',
  'token.revoked',
  'user.created',
  'user.disabled',
  'user.enabled',
  'user.promoted',
  'user.demoted',
  'user.renamed',
  'user.permission_granted',
  'user.permission_removed',
  'user.password_changed',
  'user.password_reset',
  'user.email_changed',
  'user.sso_bound',
  'user.totp_enabled',
  'user.totp_disabled',
  'user.recovery_code_used',
  'user.recovery_codes_replaced',
  'client.created',
  'client.deleted',
  'client.secret_rotated',
  'mail.given_up',
] as const;
export const auditActionSchema = z.enum(auditActions, {
  error: `The action is one of: ${auditActions.join(', ')}.`,
});
export type AuditAction = z.infer<typeof auditActionSchema>;

export const auditEventSchema = z
  .object({
    id: idSchema,
    at: timeSchema,
    actor: z.object({
      kind: z.enum(['user', 'client', 'system', 'anonymous']),
      id: z.string().nullable(),
      email: z.string().nullable(),
    }),
    action: auditActionSchema,
    target: z.object({
      kind: z.enum(['user', 'token', 'session', 'client', 'mail']),
      id: z.string().nullable(),
      name: z.string().nullable(),
    }),
    ip: z.string().nullable(),
    user_agent: z.string().nullable(),
  })
  .meta({ id: 'AuditEvent' });
export type AuditEvent = z.infer<typeof auditEventSchema>;

export const auditQuerySchema = pageQuerySchema.extend({
  user: z.string().min(1).optional().meta({ description: 'Id or e-mail, as actor, owner or target' }),
  since: sentTimeSchema('since').optional().meta({ description: 'RFC 3339' }),
  action: auditActionSchema.optional(),
});
export const auditPageSchema = pageSchema(auditEventSchema).meta({ id: 'AuditPage' });
