import { createRoute, OpenAPIHono, type z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { limits } from '../../../shared/limits.ts';
import { ProblemError } from '../../../shared/problem.ts';
import {
  type LeakFeedback,
  leakFeedbackSchema,
  leakReportBodySchema,
  leakVerifyBodySchema,
} from '../../../shared/schemas/tokens/leaks.ts';
import type { AppContext, AppDeps, AppEnv } from '../context.ts';
import { bodyTooLargeResponse } from '../errors.ts';
import { type AccessDeps, enforceAccessAfterBody } from '../middleware/access.ts';
import { limitBody } from '../middleware/body-limit.ts';
import { parseJson } from '../middleware/json-body.ts';
import { observeRequest } from '../middleware/observe-request.ts';
import { jsonRequest, jsonResponse, rejectInvalid } from '../validate.ts';
import { requireReporter, requireReporterOrSignature } from './reporter.ts';

const verify = createRoute({
  method: 'post',
  path: '/leaks/verify',
  summary: 'Ask whether a found value is live',
  description:
    'The request of a custom detector of trufflehog: `{"NAME": {"GROUP": ["value"]}}`, with any media type. Returns 200 if one of the values works or could work again, and 403 if none does. Does not count as a use.',
  request: { body: jsonRequest(leakVerifyBodySchema) },
  responses: { 200: { description: 'A value is live' }, 403: { description: 'No value is live' } },
});

const report = createRoute({
  method: 'post',
  path: '/leaks/report',
  summary: 'Report leaked values',
  description:
    'The alert of GitHub secret scanning: 1–1,000 values. Each live one is revoked, paused or left alone, as `TOKENSD_LEAK_ACTION` says, and those who look after the token get a mail. In place of a client or a management key, the signature of GitHub in `Github-Public-Key-Identifier` and `Github-Public-Key-Signature` counts if `TOKENSD_GITHUB_SECRET_SCANNING_KEYS` is set.',
  request: { body: jsonRequest(leakReportBodySchema) },
  responses: { 200: jsonResponse(leakFeedbackSchema, 'One item per value, in the order of the request') },
});

type LeakDeps = Pick<AppDeps, 'leaks' | 'alertSignatures' | 'canaryUses'> & AccessDeps;

/**
 * Creates the routes for scanners. They follow the formats of trufflehog and GitHub, so they are outside `/api/v1`, and read their bodies
 * themselves: trufflehog sends no media type, and GitHub signs the bytes.
 */
export function leakRoutes(deps: LeakDeps): OpenAPIHono<AppEnv> {
  const { leaks } = deps;
  const app = new OpenAPIHono<AppEnv>();
  for (const route of [verify, report]) app.openAPIRegistry.registerPath(route);

  app.post('/leaks/verify', limitBody(bodyTooLargeResponse), enforceAccessAfterBody(deps), async (c) => {
    requireReporter(c);
    const groups = Object.values(await readBody(c, leakVerifyBodySchema)).flatMap((groups) => Object.values(groups));
    return c.body(null, (await leaks.isAnyLive(groups.flat())) ? 200 : 403);
  });

  app.post('/leaks/report', limitReport, enforceAccessAfterBody(deps), async (c) => {
    const reporter = await requireReporterOrSignature(deps, c);
    const reported = await readBody(c, leakReportBodySchema);
    const { isOurs, canaries } = await leaks.report(
      reporter,
      reported.map(({ token: value, url, source }) => ({ value, url, source })),
    );
    // Record them after the response, as every other presentation of a canary.
    for (const canary of canaries) setImmediate(() => deps.canaryUses.record(canary, observeRequest(c)));
    const feedback: LeakFeedback = reported.map(({ token, type }, index) => ({
      token_raw: token,
      token_type: type,
      label: isOurs[index] ? 'true_positive' : 'false_positive',
    }));
    return c.json(feedback, 200);
  });
  return app;
}

/**
 * Limits the body. A report waits for its body before it is admitted (`server/http/admission/`). A body that is
 * still arriving is too large, or its URL was written in another way. It must be small, because a large one that arrives slowly would
 * hold the place of other requests.
 */
const limitReport: MiddlewareHandler<AppEnv> = (c, next) =>
  (c.env?.incoming?.complete === false ? limitArriving : limitArrived)(c, next);

/** Reads a body of any media type as JSON. @throws ProblemError `bad-request`, `invalid-fields` */
async function readBody<S extends z.ZodType>(c: AppContext, schema: S): Promise<z.infer<S>> {
  const data = parseJson(await c.req.arrayBuffer());
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  rejectInvalid({ ...result, target: 'json', data });
  throw result.error;
}

const limitArriving = limitBody(reportTooLarge, limits.maxBodyBytes);
const limitArrived = limitBody(reportTooLarge, limits.maxReportBytes);

function reportTooLarge(): never {
  const size = `${limits.maxReportBytes / 1024} KiB`;
  throw new ProblemError('body-too-large', `The report is larger than ${size}. Send fewer values at once.`);
}
