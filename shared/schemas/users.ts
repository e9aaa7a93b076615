import { z } from 'zod';
import { emailSchema, idSchema, pageQuerySchema, pageSchema, timeSchema, userNameSchema } from './common.ts';

export const userSchema = z
  .object({
    id: idSchema,
    email: z.string(),
    name: z.string(),
    superuser: z.boolean(),
    disabled: z.boolean().describe('A disabled member cannot sign in, and their tokens are rejected'),
    can_manage_tokens: z.boolean().describe('Whether the member may create, manage and use personal API tokens'),
    sso: z.boolean().describe('Whether the member signs in through the identity provider'),
    token_count: z.int(),
    last_used_at: timeSchema.nullable().describe("The last use of any of the member's tokens"),
    created_at: timeSchema,
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof userSchema>;

/** A new password. The domain checks its length and compares it with common passwords. */
export const passwordSchema = z.string();

export const createUserBodySchema = z
  .strictObject({
    email: emailSchema,
    name: userNameSchema.optional(),
    superuser: z.boolean().optional(),
    can_manage_tokens: z.boolean().optional(),
    password: passwordSchema
      .optional()
      .describe('Without it, the member signs in by single sign-on or sets it with a reset link'),
  })
  .meta({ id: 'CreateUser' });
export type CreateUserBody = z.infer<typeof createUserBodySchema>;

export const updateUserBodySchema = z
  .strictObject({
    can_manage_tokens: z.boolean().optional(),
    disabled: z.boolean().optional(),
    superuser: z.boolean().optional(),
    name: userNameSchema.optional(),
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
