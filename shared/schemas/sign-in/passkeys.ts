import { z } from 'zod';
import { idSchema, timeSchema, tokenNameSchema } from '../common.ts';

/** The form that adds a passkey, besides what the browser sends. */
export const newPasskeySchema = z.strictObject({ name: tokenNameSchema });

/** The name of a passkey that is to be renamed. */
export const passkeyChangesSchema = z.strictObject({ name: tokenNameSchema }).meta({ id: 'PasskeyChanges' });

export const passkeySchema = z
  .object({
    id: idSchema,
    name: z.string(),
    host: z.string().describe('The host that the passkey works for'),
    backed_up: z.boolean().describe("Whether the passkey's provider keeps a copy, with which other devices sign in"),
    created_at: timeSchema,
    last_used_at: timeSchema.nullable(),
  })
  .meta({ id: 'Passkey' });
export type Passkey = z.infer<typeof passkeySchema>;

export const passkeysSchema = z.object({ items: z.array(passkeySchema) }).meta({ id: 'Passkeys' });
