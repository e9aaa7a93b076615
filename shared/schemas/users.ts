import { z } from 'zod';
import { emailSchema, idSchema, pageQuerySchema, pageSchema, timeSchema, userNameSchema } from './common.ts';

export const userSchema = z
  .object({
    id: idSchema,
    email: z.string(),
    name: z.string(),
    superuser: z.boolean(),
    disabled: z.boolean(),
    can_manage_tokens: z.boolean(),
    sso: z.boolean(),
    token_count: z.int(),
    last_used_at: timeSchema.nullable(),
    created_at: timeSchema,
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof userSchema>;

/** The length in characters after NFKC and the list of common ones are the domain's to check. */
export const passwordSchema = z.string();

export const createUserBodySchema = z
  .strictObject({
    email: emailSchema,
    name: userNameSchema.optional(),
    superuser: z.boolean().optional(),
    can_manage_tokens: z.boolean().optional(),
    password: passwordSchema.optional(),
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
  email: z.string().min(1).optional().meta({ description: 'Only the member with this address' }),
});
export const userPageSchema = pageSchema(userSchema).meta({ id: 'UserPage' });
