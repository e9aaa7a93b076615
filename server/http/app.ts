import { OpenAPIHono } from '@hono/zod-openapi';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { consolePages } from '../web/console.tsx';
import { methodNotAllowedPage, notFoundPage } from '../web/shell/error-responses.tsx';
import { renderPages } from '../web/shell/page-renderer.tsx';
import type { AppContext, AppDeps, AppEnv } from './context.ts';
import { obtainTokenRoutes } from './drf/obtain-token.ts';
import { bodyTooLargeResponse, errorHandler, methodNotAllowedResponse, notFoundResponse } from './errors.ts';
import { refuseUnmetConditions } from './etags.ts';
import { leakRoutes } from './leaks/routes.ts';
import { enforceAccess, enforceAccessAfterBody } from './middleware/access.ts';
import { limitBody } from './middleware/body-limit.ts';
import { noStore, securityHeaders } from './middleware/headers.ts';
import { identifyRequest, logRequest } from './middleware/request.ts';
import { oauthRoutes } from './oauth/routes.ts';
import { describeApi } from './openapi.ts';
import { addBasePathToLocation } from './paths/base-path.ts';
import { rawPath } from './paths/raw-path.ts';
import { clientRoutes } from './routes/accounts/clients.ts';
import { identityRoutes } from './routes/accounts/identities.ts';
import { meRoutes } from './routes/accounts/me.ts';
import { memberDataRoutes } from './routes/accounts/member-data.ts';
import { memberSessionRoutes } from './routes/accounts/member-sessions.ts';
import { serviceAccountRoutes } from './routes/accounts/service-accounts.ts';
import { userRoutes } from './routes/accounts/users.ts';
import { appRoutes } from './routes/apps.ts';
import { auditRoutes } from './routes/audit.ts';
import { hashStatusRoutes } from './routes/hash-statuses.ts';
import { passkeyRoutes } from './routes/passkeys.ts';
import { reportRoutes } from './routes/reports.ts';
import { requestTestRoutes } from './routes/request-tests.ts';
import { healthRoutes } from './routes/service/health.ts';
import { metricsRoutes } from './routes/service/metrics.ts';
import { openapiRoutes } from './routes/service/openapi.ts';
import { schemaRoutes } from './routes/service/schemas.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { presentedTokenRoutes } from './routes/token.ts';
import { tokenChangeRoutes } from './routes/token-changes.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { totpRoutes } from './routes/totp.ts';
import { trustRoutes } from './routes/trusts.ts';
import { usageRoutes } from './routes/usage.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { backchannelLogoutRoutes } from './sso/backchannel-logout.ts';
import { rejectInvalid } from './validate.ts';

/** The type of the app, from which the CLI derives its typed client. */
export type AppType = ReturnType<typeof createApp>;

/**
 * Creates the HTTP app: the native API, OAuth, the console and everything else except `/verify/*` and introspection. Plain
 * Node handlers in front of the app serve those two. With an internal listener, `/metrics` is served only there.
 */
export function createApp(deps: AppDeps) {
  const app = new OpenAPIHono<AppEnv>({ defaultHook: rejectInvalid, getPath: rawPath });
  app.onError(errorHandler(deps.failureLog));
  app.notFound((c) => (wantsPage(c) ? notFoundPage(c) : notFoundResponse(c)));
  const onMethodNotAllowed = (c: AppContext, methods: string[]) =>
    wantsPage(c) ? methodNotAllowedPage(c, methods) : methodNotAllowedResponse(c, methods);

  app.use(identifyRequest(deps));
  app.use(logRequest(deps));
  app.use(securityHeaders(deps));
  app.use(addBasePathToLocation(deps.config));
  app.use(renderPages({ ...deps.config, sendsMail: deps.sendsMail, hasSso: deps.identityProvider !== null }));
  for (const path of ['/api/v1/*', '/leaks/*']) app.use(path, noStore);
  app.use(methodNotAllowed({ app, onMethodNotAllowed }));
  app.route('/', consolePages(deps));
  app.use(enforceAccess(deps));
  app.use('/api/v1/*', refuseUnmetConditions, limitBody(bodyTooLargeResponse), enforceAccessAfterBody(deps));

  const description = openapiRoutes(() => describeApi(app, deps));
  const api = new OpenAPIHono<AppEnv>()
    .route('/', description)
    .route('/', sessionRoutes(deps))
    .route('/', meRoutes(deps))
    .route('/', tokenRoutes(deps))
    .route('/', hashStatusRoutes(deps))
    .route('/', reportRoutes(deps))
    .route('/', usageRoutes(deps))
    .route('/', requestTestRoutes(deps))
    .route('/', tokenChangeRoutes(deps))
    .route('/', presentedTokenRoutes(deps))
    .route('/', userRoutes(deps))
    .route('/', memberDataRoutes(deps))
    .route('/', memberSessionRoutes(deps))
    .route('/', auditRoutes(deps))
    .route('/', clientRoutes(deps))
    .route('/', serviceAccountRoutes(deps))
    .route('/', appRoutes(deps))
    .route('/', trustRoutes(deps))
    .route('/', webhookRoutes(deps))
    .route('/', totpRoutes(deps))
    .route('/', passkeyRoutes(deps))
    .route('/', identityRoutes(deps));

  if (deps.config.internalListen === null) app.route('/', metricsRoutes(deps));
  app.route('/', oauthRoutes(deps));
  app.route('/', leakRoutes(deps));
  app.route('/', backchannelLogoutRoutes(deps));
  app.route('/', obtainTokenRoutes(deps));
  app.route('/', schemaRoutes());
  return app.route('/', description).route('/', healthRoutes(deps)).route('/api/v1', api);
}

/** Reports whether to send a page instead of a problem: a browser requested a path outside the API. */
function wantsPage(c: AppContext): boolean {
  return !c.req.path.startsWith('/api') && (c.req.header('accept') ?? '').includes('text/html');
}
