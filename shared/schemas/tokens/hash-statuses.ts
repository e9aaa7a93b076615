import { z } from 'zod';
import { limits } from '../../limits.ts';
import { tokenStatusSchema } from './tokens.ts';

const hashSchema = z
  .string()
  .regex(/^[0-9A-Za-z_-]{43}$/, 'A hash must be the SHA-256 of a value in base64url: 43 characters.')
  .meta({
    description: 'The SHA-256 of a value, base64url without padding',
    example: 'Q6xjWq4NbtlQ8t4h0XzEBTWDvmRZyoNjpcYiJb1m9aE',
  });

export const hashStatusesBodySchema = z
  .strictObject({
    hashes: z
      .array(hashSchema, 'hashes must be a list of hashes.')
      .min(1, 'Send at least one hash.')
      .max(limits.maxHashes, `Send at most ${limits.maxHashes} hashes.`)
      .meta({ example: ['Q6xjWq4NbtlQ8t4h0XzEBTWDvmRZyoNjpcYiJb1m9aE'] }),
  })
  .meta({ id: 'HashStatusesRequest' });

/** The status of a value. A daemon may know statuses that an older program does not. */
export const valueStatusSchema = z
  .enum([...tokenStatusSchema.options, 'revoked', 'rotated', 'canary', 'unknown'])
  .describe(
    '`revoked`: its token was revoked. `rotated`: a previous value whose overlap has ended. `canary`: the value of a canary, which never works. `unknown`: never issued here, or the caller may not know it. Otherwise the status of the token.',
  );
export type ValueStatus = z.infer<typeof valueStatusSchema>;

export const hashStatusesSchema = z
  .object({
    items: z.array(
      z.object({
        hash: z.string(),
        status: valueStatusSchema,
        name: z.string().nullable().describe('The name of the token, or null if the status is `unknown`'),
        owner: z
          .string()
          .nullable()
          .describe("The owner's email address, `service-account:NAME`, or null if the status is `unknown`"),
      }),
    ),
  })
  .meta({ id: 'HashStatuses' });
export type HashStatuses = z.infer<typeof hashStatusesSchema>;
