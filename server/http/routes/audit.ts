import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { limits } from '../../../shared/limits.ts';
import { ProblemError } from '../../../shared/problem.ts';
import { auditPageSchema, auditQuerySchema } from '../../../shared/schemas/audit.ts';
import type { Operator } from '../../domain/caller.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { cursorOf, idOfCursor, readPage } from '../paging.ts';
import { auditObject } from '../representations.ts';
import { jsonResponse } from '../validate.ts';

const listEvents = createRoute({
  method: 'get',
  path: '/audit',
  summary: 'List audit events',
  description:
    'Newest first. Superusers, auditors and management keys with the scope `audit:read` see every event, other members only their own. With `after`, oldest first: ask again with the ID of the last event that you received, and you miss none and receive none twice.',
  request: { query: auditQuerySchema },
  responses: { 200: jsonResponse(auditPageSchema, 'A page of events') },
});

export function auditRoutes({ audit }: Pick<AppDeps, 'audit'>) {
  return new OpenAPIHono<AppEnv>().openapi(listEvents, async (c) => {
    const operator = c.get('operator');
    const { after, ...query } = c.req.valid('query');
    if (after !== undefined) return c.json(await readInOrder(audit, operator, { ...query, after }), 200);
    const page = await readPage(
      query,
      ({ since, until, ...query }) =>
        audit.list(operator, {
          ...query,
          ...(since !== undefined && { since: Date.parse(since) }),
          ...(until !== undefined && { until: Date.parse(until) }),
        }),
      auditObject,
    );
    return c.json(page, 200);
  });
}

interface InOrderQuery {
  after: string;
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** Returns one page in the order in which events were saved. A cursor takes the place of `after`. */
async function readInOrder(
  audit: AppDeps['audit'],
  operator: Operator,
  { after, limit = limits.defaultPageSize, cursor, ...filter }: InOrderQuery,
) {
  refuseFilter(filter);
  if (after === 'latest' && cursor === undefined) {
    const last = await audit.lastInOrder(operator);
    return { items: [], next_cursor: last === null ? null : cursorOf(last) };
  }
  const start = cursor === undefined ? after : idOfCursor(cursor);
  const found = await audit.listInOrder(operator, { after: start === '' ? null : start, limit: limit + 1 });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(auditObject),
    next_cursor: found.length > limit && last !== undefined ? cursorOf(last.id) : null,
  };
}

/** @throws ProblemError `invalid-fields` for a parameter that cannot be combined with `after` */
function refuseFilter(filter: object): void {
  const errors = Object.keys(filter).map((name) => ({
    pointer: `?${name}`,
    detail: `${name} cannot be combined with after. Leave one of them out.`,
  }));
  const [first] = errors;
  if (first !== undefined) throw new ProblemError('invalid-fields', first.detail, { errors });
}
