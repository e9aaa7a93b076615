import { z } from 'zod';
import { idSchema, pageSchema, timeSchema } from '../common.ts';
import { deniedRequestSchema, lastUsedSchema, ownerKindSchema } from './tokens.ts';

/** A token that ended, as long as its tombstone is kept. */
export const endedTokenSchema = z
  .object({
    id: idSchema,
    name: z.string(),
    prefix: z.string().meta({ description: 'The first characters of its last value', example: 'tok_8fK2b1Qz' }),
    owner: z.string().describe("The owner's email address, or `service-account:NAME`"),
    owner_kind: ownerKindSchema,
    status: z.literal('revoked'),
    reason: z
      .enum(['revoked', 'expired', 'idle'])
      .describe(
        '`revoked`: somebody revoked it. `expired` and `idle`: it was removed after its end, or because its name was used again',
      ),
    ended_at: timeSchema.describe('When it was revoked or removed'),
    ended_by: z
      .string()
      .nullable()
      .describe(
        'Who revoked it: an email address, `service-account:NAME` or the name of a client. Null for the daemon',
      ),
    last_used: lastUsedSchema.nullable().describe('The last use of any of its values, or null if none is known'),
  })
  .meta({ id: 'EndedToken' });
export type EndedToken = z.infer<typeof endedTokenSchema>;

/** The `ended` member of the problem for one token. */
export const endedTokenDetailsSchema = endedTokenSchema
  .extend({
    denied_requests: z
      .array(deniedRequestSchema)
      .describe('The last requests that were denied since it ended, at most 20, newest first'),
  })
  .meta({ id: 'EndedTokenDetails' });
export type EndedTokenDetails = z.infer<typeof endedTokenDetailsSchema>;

export const endedTokenPageSchema = pageSchema(endedTokenSchema).meta({ id: 'EndedTokenPage' });
