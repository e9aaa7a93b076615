import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { ProblemError } from '../../../shared/problem.ts';
import { endSentence } from '../../../shared/schemas/tokens/end-sentence.ts';
import { endedTokenPageSchema } from '../../../shared/schemas/tokens/ended-tokens.ts';
import { type TokenPage, tokenListQuerySchema, tokenPageSchema } from '../../../shared/schemas/tokens/token-lists.ts';
import { createdTokenSchema, createTokenBodySchema, tokenSchema } from '../../../shared/schemas/tokens/tokens.ts';
import { isKey, type Operator } from '../../domain/caller.ts';
import { toTokenFilter } from '../../domain/tokens/report/token-filter.ts';
import type { TokenQuery } from '../../domain/tokens/tokens.ts';
import type { ListedAuditRecord } from '../../store/records.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { ResponseProblem } from '../errors.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { type PageOf, readPage } from '../paging.ts';
import { tokenObject } from '../representations.ts';
import { endedTokenDetails, endedTokenObject } from '../tokens/ended-tokens.ts';
import { readTokenPage } from '../tokens/token-page.ts';
import { idempotencyHeaderSchema, idParamSchema, jsonRequest, jsonResponse } from '../validate.ts';

/** Only requests with `status=revoked` get the second kind of page. Typed as the first, so that the others need not tell them apart. */
const tokenOrEndedPageSchema = z.union([tokenPageSchema, endedTokenPageSchema]) as unknown as typeof tokenPageSchema;

const listTokens = createRoute({
  method: 'get',
  path: '/tokens',
  summary: 'List tokens',
  description:
    "Newest first, unless `sort` says otherwise; with `status=revoked`, those that ended last come first. Superusers may list another member's tokens with `user` or everyone's with `all`. Superusers and maintainers may list the tokens of a service account with `service_account`. The other parameters combine: a token must match all of them.",
  request: { query: tokenListQuerySchema },
  responses: {
    200: jsonResponse(tokenOrEndedPageSchema, 'A page of tokens. With `status=revoked`, a page of tokens that ended'),
  },
});

const createToken = createRoute({
  method: 'post',
  path: '/tokens',
  summary: 'Create a token',
  description:
    'Needs the permission to create and manage tokens. For a token of a service account (`service_account`), needs a maintainer of it or a superuser instead. The response is the only one that contains the value. Without `expires_in` and `expires_at`, the default expiry applies. The `max_expiry` of each app in `apps` bounds the expiry.',
  middleware: jsonBody,
  request: { headers: idempotencyHeaderSchema, body: jsonRequest(createTokenBodySchema) },
  responses: {
    201: jsonResponse(createdTokenSchema, 'The token with its value'),
    200: jsonResponse(tokenSchema, 'A replay of the `Idempotency-Key`: the token without its value'),
  },
});

const readToken = createRoute({
  method: 'get',
  path: '/tokens/{id}',
  summary: 'Get a token',
  description:
    'For a token that ended, the problem `token-not-found` says when and how in its `detail`, and has the member `ended`, for as long as the daemon remembers the token.',
  request: { params: idParamSchema },
  responses: { 200: jsonResponse(tokenSchema, 'The token') },
});

const revokeToken = createRoute({
  method: 'delete',
  path: '/tokens/{id}',
  summary: 'Revoke a token',
  description: 'Requests that use the token are denied from now on. This cannot be undone.',
  request: { params: idParamSchema },
  responses: { 204: { description: 'The token is revoked' } },
});

export function tokenRoutes({ tokens, audit, statusContext }: Pick<AppDeps, 'tokens' | 'audit' | 'statusContext'>) {
  return new OpenAPIHono<AppEnv>()
    .openapi(listTokens, async (c) => {
      const { status, ...rest } = c.req.valid('query');
      if (status === 'revoked') {
        const read = ({ limit, before, ...query }: PageOf<typeof rest>) =>
          query.prefix === undefined
            ? tokens.listEnded(c.get('operator'), { limit, before, ...ownerOf(query), ...toTokenFilter(query) })
            : tokens.findEndedByPrefix(c.get('operator'), query.prefix, before);
        const page: unknown = await readPage(rest, read, endedTokenObject);
        return c.json(page as TokenPage, 200);
      }
      const now = statusContext();
      const query = { ...rest, ...(status !== undefined && { status }) };
      const { items, next_cursor } = await readTokenPage(query, (page) =>
        query.prefix === undefined
          ? tokens.list(c.get('operator'), { ...page, ...ownerOf(query), ...toTokenFilter(query) })
          : tokens.findByPrefix(c.get('operator'), query.prefix, page.before),
      );
      const names = await tokens.appNames(items);
      return c.json({ items: items.map((token) => tokenObject(token, now, names)), next_cursor }, 200);
    })
    .openapi(createToken, async (c) => {
      const key = c.req.valid('header')['idempotency-key'];
      const { token, secret } = await tokens.create(c.get('operator'), c.req.valid('json'), key);
      const object = tokenObject(token, statusContext(), await tokens.appNames([token]));
      if (secret === null) return c.json(object, 200);
      c.header('Location', `/api/v1/tokens/${token.id}`);
      return c.json({ ...object, token: secret.reveal() }, 201);
    })
    .openapi(readToken, async (c) => {
      const { id } = c.req.valid('param');
      const token = await tokens
        .get(c.get('operator'), id)
        .catch(explainMissing({ tokens, audit }, c.get('operator'), id));
      return c.json(tokenObject(token, statusContext(), await tokens.appNames([token])), 200);
    })
    .openapi(revokeToken, async (c) => {
      await tokens.revoke(c.get('operator'), c.req.valid('param').id);
      return c.body(null, 204);
    });
}

/** Returns the parameters that select the owners and the app of the tokens of a list. */
function ownerOf(query: {
  user?: string | undefined;
  service_account?: string | undefined;
  all?: boolean | undefined;
  known_to?: string | undefined;
  app?: string | undefined;
}): Pick<TokenQuery, 'user' | 'serviceAccount' | 'all' | 'knownTo' | 'app'> {
  const { user, service_account: serviceAccount, all, known_to: knownTo, app } = query;
  return {
    ...(user !== undefined && { user }),
    ...(serviceAccount !== undefined && { serviceAccount }),
    ...(all && { all }),
    ...(knownTo !== undefined && { knownTo }),
    ...(app !== undefined && { app }),
  };
}

/**
 * Returns the handler of the error that there is no such token. The problem says how the token ended, or that it was transferred, if the operator
 * may know that.
 */
function explainMissing({ tokens, audit }: Pick<AppDeps, 'tokens' | 'audit'>, operator: Operator, id: string) {
  return async (error: unknown): Promise<never> => {
    if (!isMissing(error)) throw error;
    const facts = await tokens.getEnded(operator, id).catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
    if (facts !== null) {
      const ended = endedTokenDetails(facts);
      throw new ResponseProblem('token-not-found', endSentence(ended), { ended });
    }
    const transfer = isKey(operator) ? null : await audit.lastTransfer(operator, id);
    throw transfer === null ? error : new ProblemError('token-not-found', transferSentence(transfer));
  };
}

function isMissing(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.code === 'token-not-found';
}

/** `ci was transferred to service-account:deploy at 2027-03-03T14:05:00.000Z.` */
function transferSentence({ target, changes, at }: ListedAuditRecord): string {
  const owner = changes?.find(({ field }) => field === 'owner')?.to;
  const to = typeof owner === 'string' ? ` to ${owner}` : '';
  return `${target.name} was transferred${to} at ${new Date(at).toISOString()}.`;
}
