import { z } from 'zod';
import { idSchema, pageQuerySchema, pageSchema, timeSchema, tokenNameSchema } from '../common.ts';

/** An OAuth client: an API server that introspects tokens. Lists never contain its secret. */
export const clientSchema = z
  .object({
    id: idSchema,
    client_id: z.string().meta({ example: 'client_8fK2b1QzR4tVw6Xy' }),
    name: z.string().describe('The name that members see in mail and in the audit log'),
    can_revoke: z.boolean().describe('Whether the client may revoke tokens'),
    can_report: z.boolean().describe('Whether the client may report leaked values'),
    created_at: timeSchema,
  })
  .meta({ id: 'Client' });
export type Client = z.infer<typeof clientSchema>;

/** A client with a new secret. No other response contains it. */
export const createdClientSchema = clientSchema
  .extend({ client_secret: z.string().describe('The secret, which is shown only once') })
  .meta({ id: 'CreatedClient' });
export type CreatedClient = z.infer<typeof createdClientSchema>;

export const createClientBodySchema = z
  .strictObject({
    name: tokenNameSchema.meta({
      description: 'The name that members see in mail and in the audit log. It cannot be changed',
      example: 'api-gateway',
    }),
    can_revoke: z.boolean().optional().describe('Let the client revoke tokens'),
    can_report: z.boolean().optional().describe('Let the client report leaked values'),
  })
  .meta({ id: 'CreateClient' });
export type CreateClientBody = z.infer<typeof createClientBodySchema>;

export const editClientBodySchema = z
  .strictObject({
    can_revoke: z.boolean().optional().describe('Let the client revoke tokens'),
    can_report: z.boolean().optional().describe('Let the client report leaked values'),
  })
  .refine((body) => Object.keys(body).length > 0, 'Send at least one field.')
  .meta({ id: 'EditClient' });
export type EditClientBody = z.infer<typeof editClientBodySchema>;

export const clientListQuerySchema = pageQuerySchema;
export const clientPageSchema = pageSchema(clientSchema).meta({ id: 'ClientPage' });
