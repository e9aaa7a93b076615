import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import {
  type Suggestion as SuggestionObject,
  suggestionQuerySchema,
  suggestionSchema,
} from '../../../shared/schemas/tokens/suggestion.ts';
import {
  defaultUsageDays,
  type Usage as UsageObject,
  usageQuerySchema,
  usageSchema,
} from '../../../shared/schemas/tokens/usage.ts';
import type { AppNames } from '../../domain/tokens/rules/shown-rules.ts';
import type { Suggestion } from '../../domain/tokens/rules/suggest/suggest.ts';
import { splitRoute } from '../../domain/tokens/usage/fold.ts';
import { splitWouldDeny, type Usage } from '../../domain/tokens/usage/usage.ts';
import type { SeenCount } from '../../store/records.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { deniedRequestObject } from '../representations.ts';
import { idParamSchema, jsonResponse } from '../validate.ts';

const readUsage = createRoute({
  method: 'get',
  path: '/tokens/{id}/usage',
  summary: 'Get the usage of a token',
  description:
    'Counts are written once a minute, and denied requests once a second. Of each token, the last 20 denied requests and the 200 most recent routes, networks and agents are kept. `would_deny` counts allowed uses that the rules of the token would have denied if `enforce` were true. Revoking a token deletes its usage.',
  request: { params: idParamSchema, query: usageQuerySchema },
  responses: { 200: jsonResponse(usageSchema, 'The usage') },
});

const suggestRulesFor = createRoute({
  method: 'get',
  path: '/tokens/{id}/suggestion',
  summary: 'Suggest rules for a token',
  description:
    'Returns the narrowest rules that would have denied none of the recorded uses in the window. A token with fewer than 20 uses gets `too-few-uses`, unless `force` is true. To set the rules, edit the token with those that are not null.',
  request: { params: idParamSchema, query: suggestionQuerySchema },
  responses: { 200: jsonResponse(suggestionSchema, 'The rules') },
});

export function usageRoutes({ usage, suggestions }: Pick<AppDeps, 'usage' | 'suggestions'>) {
  return new OpenAPIHono<AppEnv>()
    .openapi(readUsage, async (c) => {
      const { days = defaultUsageDays } = c.req.valid('query');
      const found = await usage.of(c.get('operator'), c.req.valid('param').id, days);
      return c.json(usageObject(found, await usage.appNames(found)), 200);
    })
    .openapi(suggestRulesFor, async (c) => {
      const { days = defaultUsageDays, force } = c.req.valid('query');
      const suggestion = await suggestions.of(c.get('operator'), c.req.valid('param').id, { days, force });
      return c.json(suggestionObject(suggestion), 200);
    });
}

function suggestionObject({ apps, readOnly, allow, networks, uses, covers, omitted }: Suggestion): SuggestionObject {
  const rules = { apps: copy(apps), read_only: readOnly, allow: copy(allow), networks: copy(networks) };
  return { ...rules, uses, covers: [...covers], omitted: [...omitted] };
}

function copy(list: readonly string[] | null): string[] | null {
  return list === null ? null : [...list];
}

function usageObject({ days, denied, wouldDeny, seen, deniedRequests }: Usage, names: AppNames): UsageObject {
  return {
    days: days.map(({ at, ...counts }) => ({ date: time(at).slice(0, 10), ...counts })),
    denied: byReason(denied),
    would_deny: byReason(wouldDeny),
    denied_requests: deniedRequests.map((request) => deniedRequestObject(request, names)),
    routes: seen.route.map((counted) => ({ ...splitRoute(counted.value), ...seenObject(counted) })),
    networks: seen.network.map((counted) => ({ network: counted.value, ...seenObject(counted) })),
    agents: seen.agent.map((counted) => ({ agent: counted.value, ...seenObject(counted) })),
    would_deny_routes: seen['would-deny'].map((counted) => ({
      ...splitWouldDeny(counted.value),
      ...seenObject(counted),
    })),
  };
}

function byReason(counts: Usage['denied']): Record<string, number> {
  return Object.fromEntries(counts.map(({ reason, uses }) => [reason, uses]));
}

function seenObject({ uses, firstAt, lastAt }: SeenCount) {
  return { count: uses, first_at: time(firstAt), last_at: time(lastAt) };
}

function time(at: number): string {
  return new Date(at).toISOString();
}
