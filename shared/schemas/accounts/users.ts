import { z } from 'zod';
import { limits } from '../../limits.ts';
import { headerLength } from '../../names.ts';
import { emailSchema, idSchema, pageQuerySchema, pageSchema, timeSchema, userNameSchema } from '../common.ts';
import { groupNamesSchema } from './groups.ts';

export const memberStatusSchema = z
  .enum(['invited', 'active', 'disabled'])
  .describe('`invited`: has no password and never signed in');
/**
 * - `invited`: added by a superuser, has no password and never signed in
 * - `active`: has a password or has signed in
 * - `disabled`: may not sign in, whatever they were before
 */
export type MemberStatus = z.infer<typeof memberStatusSchema>;

export const userSchema = z
  .object({
    id: idSchema,
    email: z.string(),
    name: z.string(),
    superuser: z.boolean(),
    auditor: z
      .boolean()
      .describe(
        'Whether the member reads all members, tokens, apps, OAuth clients, service accounts, trusts, webhooks, reports and audit events',
      ),
    status: memberStatusSchema,
    disabled: z.boolean().describe('A disabled member cannot sign in, and requests that use their tokens are denied'),
    can_manage_tokens: z.boolean().describe('Whether the member may create, manage and use personal API tokens'),
    sso: z.boolean().describe('Whether the member signs in through the identity provider'),
    groups: z
      .array(
        z.object({
          name: z.string(),
          source: z.enum(['sso', 'manual']).describe('`sso`: the identity provider; `manual`: a superuser'),
        }),
      )
      .describe('Groups decide which apps the member may use. One from both sources is listed twice'),
    token_count: z.int().describe('Tokens that exist, expired ones included. Tokens that jobs exchanged do not count'),
    last_used_at: timeSchema.nullable().describe("The last use of any of the member's tokens"),
    created_at: timeSchema,
    invited_at: timeSchema.nullable().describe('When the member was last invited; null if that is not known'),
    joined_at: timeSchema
      .nullable()
      .describe('When the member could sign in for the first time; null before that, or if it is not known'),
    disabled_at: timeSchema
      .nullable()
      .describe('When the account was disabled; null while it is enabled, or if it is not known'),
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof userSchema>;

export const invitationSchema = z
  .object({
    mailed: z.boolean().describe('Whether a mail to the member was queued'),
    link: z
      .string()
      .nullable()
      .describe(
        'Where the member joins, if it was not mailed. Anyone who has a link with a secret can set the password',
      ),
    expires_at: timeSchema
      .nullable()
      .describe('When the link stops working; null for a mailed one or one without a secret'),
  })
  .meta({ id: 'Invitation' });

/** A member whom a superuser has just added or invited again. */
export const invitedUserSchema = userSchema
  .extend({ invitation: invitationSchema.nullable().describe('Null if the member was not invited') })
  .meta({ id: 'InvitedUser' });
export type InvitedUser = z.infer<typeof invitedUserSchema>;

/** A new password. The domain checks its length and compares it with common passwords. */
export const passwordSchema = z.string();

export const createUserBodySchema = z
  .strictObject({
    email: emailSchema,
    name: userNameSchema.optional(),
    superuser: z.boolean().optional(),
    auditor: z.boolean().optional(),
    can_manage_tokens: z.boolean().optional(),
    password: passwordSchema
      .optional()
      .describe('Without it, the member signs in by single sign-on or sets it with the link of the invitation'),
    invite: z
      .boolean()
      .optional()
      .describe('Whether to invite the member by mail. True by default, unless there is a password'),
  })
  .meta({ id: 'CreateUser' });
export type CreateUserBody = z.infer<typeof createUserBodySchema>;

export const updateUserBodySchema = z
  .strictObject({
    can_manage_tokens: z.boolean().optional(),
    disabled: z.boolean().optional(),
    superuser: z.boolean().optional(),
    auditor: z.boolean().optional(),
    email: emailSchema.optional().describe('Not for members who sign in through the identity provider'),
    name: userNameSchema.optional(),
    groups: groupNamesSchema
      .refine(
        (names) => headerLength(names) <= limits.maxManualGroupsBytes,
        'These names of groups are too long together.',
      )
      .optional()
      .describe('Replaces the groups that superusers gave the member. Groups from the identity provider stay'),
  })
  .meta({ id: 'UpdateUser' });
export type UpdateUserBody = z.infer<typeof updateUserBodySchema>;

export const changePasswordBodySchema = z
  .strictObject({ current: z.string(), new: passwordSchema })
  .meta({ id: 'ChangePassword' });

export const userListQuerySchema = pageQuerySchema.extend({
  email: z.string().min(1).optional().describe('Only the member with this email address'),
});
export const userPageSchema = pageSchema(userSchema).meta({ id: 'UserPage' });

export const erasingSchema = z
  .object({ status: z.literal('erasing') })
  .meta({ id: 'Erasing', description: 'An erasure that goes on' });
