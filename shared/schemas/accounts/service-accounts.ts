import { z } from 'zod';
import { limits } from '../../limits.ts';
import {
  descriptionSchema,
  emailSchema,
  idSchema,
  pageQuerySchema,
  pageSchema,
  queryBooleanSchema,
  timeSchema,
} from '../common.ts';
import { groupNamesSchema } from './groups.ts';

export const serviceAccountNameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    'The name of a service account has 1 to 63 lowercase letters, digits and hyphens, and does not begin with a hyphen.',
  )
  .meta({ description: 'The name of the service account. It cannot be changed', example: 'ci' });

/** Email addresses of members. Leaves out repeated ones. */
const maintainersSchema = z
  .array(emailSchema)
  .max(limits.maxMaintainers, `At most ${limits.maxMaintainers} maintainers are accepted.`)
  .overwrite((emails) => [...new Set(emails)]);

const fields = {
  description: descriptionSchema
    .nullable()
    .meta({ description: 'What the service account is for', example: 'Deploys from GitHub Actions' }),
  maintainers: maintainersSchema.describe('The email addresses of the members who look after it'),
  groups: groupNamesSchema.describe('Its groups, which decide what apps its tokens may use'),
};

export const serviceAccountSchema = z
  .object({
    id: idSchema,
    name: z.string().meta({ example: 'ci' }),
    description: z.string().nullable(),
    maintainers: z
      .array(z.string())
      .describe('The email addresses of its maintainers, including disabled members')
      .meta({ example: ['ada@example.com', 'bob@example.com'] }),
    disabled_maintainers: z
      .array(z.string())
      .describe('Those of its maintainers who are disabled. If all are, mails about its tokens go to all superusers')
      .meta({ example: ['bob@example.com'] }),
    groups: z.array(z.string()),
    disabled: z.boolean().describe('Whether requests that use its tokens are denied'),
    token_count: z.int().describe('Tokens that exist, expired ones included. Tokens that jobs exchanged do not count'),
    last_used_at: timeSchema.nullable().describe('The newest use of any of its tokens, or null'),
    created_at: timeSchema,
  })
  .meta({ id: 'ServiceAccount' });
export type ServiceAccount = z.infer<typeof serviceAccountSchema>;

export const createServiceAccountBodySchema = z
  .strictObject({ name: serviceAccountNameSchema, ...z.object(fields).partial().shape })
  .meta({ id: 'CreateServiceAccount' });
export type CreateServiceAccountBody = z.infer<typeof createServiceAccountBodySchema>;

export const editServiceAccountBodySchema = z
  .strictObject({
    ...z.object(fields).partial().shape,
    add_maintainers: maintainersSchema.optional().describe('Members to add to its maintainers'),
    remove_maintainers: maintainersSchema.optional().describe('Maintainers to remove'),
    disabled: z.boolean().optional().describe('Whether requests that use its tokens are denied'),
  })
  .refine((body) => Object.keys(body).length > 0, 'Send at least one field.')
  .refine(
    ({ maintainers, add_maintainers: added, remove_maintainers: removed }) =>
      maintainers === undefined || (added === undefined && removed === undefined),
    { path: ['maintainers'], error: 'Send maintainers, or add_maintainers and remove_maintainers, not both.' },
  )
  .meta({ id: 'EditServiceAccount' });
export type EditServiceAccountBody = z.infer<typeof editServiceAccountBodySchema>;

export const serviceAccountListQuerySchema = pageQuerySchema.extend({
  name: z.string().min(1).optional().describe('Only the service account with this name'),
  orphaned: queryBooleanSchema.optional().describe('If `true`, only those without an enabled maintainer'),
});
export const serviceAccountPageSchema = pageSchema(serviceAccountSchema).meta({ id: 'ServiceAccountPage' });
