import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { tokenReportSchema } from '../../../shared/schemas/tokens/reports.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { jsonResponse } from '../validate.ts';

const reportTokens = createRoute({
  method: 'get',
  path: '/reports/tokens',
  summary: 'Get the report on tokens',
  description:
    'How many tokens of all members to look at. Each count is the length of the list that `GET /tokens` gives with `all=true` and the parameters that its description names. The parameters alone decide: a token that never expires is counted although its owner is disabled. If counting takes more than half a second, the numbers of `as_of` are returned for a minute, and after that until new ones are counted, for five minutes at most.',
  responses: { 200: jsonResponse(tokenReportSchema, 'The report') },
});

export function reportRoutes({ tokens }: Pick<AppDeps, 'tokens'>) {
  return new OpenAPIHono<AppEnv>().openapi(reportTokens, async (c) => {
    const { at, numbers } = await tokens.report(c.get('operator'));
    return c.json({ ...numbers, as_of: new Date(at).toISOString() }, 200);
  });
}
