import { z } from 'zod';
import { limits } from '../../limits.ts';
import { scopeSchema } from '../scopes.ts';
import { serviceAccountNameSchema } from './service-accounts.ts';

export const offboardUserBodySchema = z
  .strictObject({
    transfer_to: serviceAccountNameSchema
      .optional()
      .describe(
        'The service account that receives the active and paused tokens which were used in the last 30 days. Without it, all tokens are revoked',
      ),
    grace: z
      .int('grace must be a whole number of seconds.')
      .min(1, 'grace must be at least 1 second.')
      .max(limits.maxGraceSeconds, 'grace must be at most 366 days.')
      .optional()
      .describe(
        'After how many seconds the transferred tokens expire at the latest, unless they are rotated before: 2,592,000 (30 days) by default',
      ),
  })
  .refine(({ transfer_to, grace }) => grace === undefined || transfer_to !== undefined, {
    path: ['grace'],
    error: 'grace is for the tokens that are transferred. Send transfer_to, too.',
  })
  .meta({ id: 'OffboardUser' });
export type OffboardUserBody = z.infer<typeof offboardUserBodySchema>;

export const offboardedSchema = z
  .object({
    transferred: z.int().describe('How many tokens the service account received'),
    revoked: z.int().describe('How many tokens were revoked'),
    known: z
      .array(
        z.object({
          id: z.string(),
          name: z.string(),
          prefix: z.string(),
          owner: z.string().describe('The service account, such as `service-account:ci`'),
          manage: z.array(scopeSchema).describe('The scopes of a management key, which only superusers rotate'),
        }),
      )
      .nullable()
      .describe(
        'Other tokens of service accounts whose values the member knows, because they created or rotated them last: rotate these. At most 100; `GET /tokens?known_to=` lists all. Null for a management key without `tokens:read`',
      ),
  })
  .meta({ id: 'Offboarded' });
export type OffboardedUser = z.infer<typeof offboardedSchema>;
