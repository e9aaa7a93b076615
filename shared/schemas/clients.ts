import { z } from 'zod';
import { idSchema, pageQuerySchema, pageSchema, timeSchema, tokenNameSchema } from './common.ts';

/** A service that may ask about tokens. Its secret is in no list. */
export const clientSchema = z
  .object({
    id: idSchema,
    client_id: z.string().meta({ example: 'client_8fK2b1QzR4tVw6Xy' }),
    name: z.string(),
    can_revoke: z.boolean(),
    created_at: timeSchema,
  })
  .meta({ id: 'Client' });
export type Client = z.infer<typeof clientSchema>;

/** The one answer that holds the secret. */
export const createdClientSchema = clientSchema.extend({ client_secret: z.string() }).meta({ id: 'CreatedClient' });
export type CreatedClient = z.infer<typeof createdClientSchema>;

export const createClientBodySchema = z
  .strictObject({ name: tokenNameSchema, can_revoke: z.boolean().optional() })
  .meta({ id: 'CreateClient' });
export type CreateClientBody = z.infer<typeof createClientBodySchema>;

export const clientListQuerySchema = pageQuerySchema;
export const clientPageSchema = pageSchema(clientSchema).meta({ id: 'ClientPage' });
