import { z } from 'zod';
import { pageQuerySchema, pageSchema, queryBooleanSchema } from '../common.ts';
import { sortSchema } from './sort.ts';
import { tokenFilterFields, tokenSchema, tokenStatusSchema } from './tokens.ts';

/** Reports whether a query for tokens that ended has only filters that such a list accepts. */
function isListOfEnded({ status, ...query }: Record<string, unknown>): boolean {
  const filters = [...Object.keys(tokenFilterFields), 'app', 'known_to', 'sort'].filter((name) => name !== 'exchanged');
  return status !== 'revoked' || filters.every((name) => query[name] === undefined);
}

/** Reports whether a query selects the tokens of certain owners. */
function isOwnerNamed(query: {
  user?: string | undefined;
  service_account?: string | undefined;
  all?: boolean | undefined;
}) {
  return query.user !== undefined || query.service_account !== undefined || query.all === true;
}

/** Reports whether a query that selects tokens by prefix has no other parameter than those of pages and `status=revoked`. */
function isPrefixAlone({ prefix, limit: _, cursor: __, status, ...others }: Record<string, unknown>): boolean {
  if (prefix === undefined) return true;
  const isOther = (value: unknown) => value !== undefined && value !== false;
  return (status === undefined || status === 'revoked') && !Object.values(others).some(isOther);
}

export const tokenListQuerySchema = pageQuerySchema
  .extend({
    user: z
      .string()
      .min(1)
      .optional()
      .describe("The owner's ID or email address; only superusers may name another member"),
    service_account: z
      .string()
      .min(1)
      .optional()
      .describe('The name of the service account that owns them, for its maintainers and superusers'),
    all: queryBooleanSchema.optional().describe("Every owner's tokens (superusers only)"),
    known_to: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The ID or email address of a member. Selects the tokens of service accounts that have not expired and that the member created or rotated last, so that they know the value. Canaries are left out (superusers only)',
      ),
    app: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The name of an app. Selects the tokens whose rules name it; tokens without apps in their rules are not among them',
      ),
    prefix: z
      .string()
      .regex(
        /^[a-z][a-z0-9]{1,9}_[0-9A-Za-z]{8}$/,
        'prefix must be the first characters of a value, such as tok_8fK2b1Qz: everything up to the eighth character after the underscore.',
      )
      .optional()
      .describe(
        'The prefix of a value. Selects the tokens that have or had a value with this prefix: of all owners for superusers and auditors, otherwise your own and those of service accounts that you maintain. Never send a whole value. Not together with other filters than `status=revoked`',
      ),
    ...tokenFilterFields,
    sort: sortSchema.optional(),
    status: z
      .enum([...tokenStatusSchema.options, 'revoked'])
      .optional()
      .describe(
        'The status of the tokens. `revoked` lists those that ended, as [EndedToken](#endedtoken), for as long as the daemon remembers them. They cannot be sorted, and combine with `user`, `service_account`, `all` and `exchanged`, or with `prefix` alone',
      ),
  })
  .refine(isListOfEnded, {
    path: ['status'],
    error: 'Send status=revoked without sort and filters by what happened to tokens.',
  })
  .refine(isPrefixAlone, { path: ['prefix'], error: 'Send prefix without other filters.' })
  .refine(({ user, all }) => user === undefined || !all, { path: ['user'], error: 'Send user or all, not both.' })
  .refine(({ service_account: account, user, all }) => account === undefined || (user === undefined && !all), {
    path: ['service_account'],
    error: 'Send service_account, user or all, not several of them.',
  })
  .refine(({ known_to: known, ...others }) => known === undefined || !isOwnerNamed(others), {
    path: ['known_to'],
    error: 'Send known_to without service_account, user and all.',
  });
export const tokenPageSchema = pageSchema(tokenSchema).meta({ id: 'TokenPage' });
export type TokenPage = z.infer<typeof tokenPageSchema>;
