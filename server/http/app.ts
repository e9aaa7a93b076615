import { OpenAPIHono } from '@hono/zod-openapi';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { consolePages } from '../web/console.tsx';
import { methodNotAllowedPage, notFoundPage } from '../web/shell/error-responses.tsx';
import type { AppContext, AppDeps, AppEnv } from './context.ts';
import { obtainTokenRoutes } from './drf/obtain-token.ts';
import { answerBodyTooLarge, answerMethodNotAllowed, answerNotFound, errorHandler } from './errors.ts';
import { enforceAccess, enforceAccessAfterBody } from './middleware/access.ts';
import { limitBody } from './middleware/body-limit.ts';
import { noStore, securityHeaders } from './middleware/headers.ts';
import { identifyRequest, logRequest } from './middleware/request.ts';
import { oauthRoutes } from './oauth/routes.ts';
import { describeApi } from './openapi.ts';
import { auditRoutes } from './routes/audit.ts';
import { clientRoutes } from './routes/clients.ts';
import { healthRoutes } from './routes/health.ts';
import { meRoutes } from './routes/me.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { openapiRoutes } from './routes/openapi.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { presentedTokenRoutes } from './routes/token.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { totpRoutes } from './routes/totp.ts';
import { userRoutes } from './routes/users.ts';
import { backchannelLogoutRoutes } from './sso/backchannel-logout.ts';
import { refuseInvalid } from './validate.ts';

export type AppType = ReturnType<typeof createApp>;

/** The whole HTTP surface except /verify/* and introspection, which plain handlers in front of it answer. */
export function createApp(deps: AppDeps) {
  const app = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });
  app.onError(errorHandler(deps.log));
  const { organization } = deps.config;
  app.notFound((c) => (wantsPage(c) ? notFoundPage(c, organization) : answerNotFound(c)));
  const onMethodNotAllowed = (c: AppContext, methods: string[]) =>
    wantsPage(c) ? methodNotAllowedPage(c, organization, methods) : answerMethodNotAllowed(c, methods);

  app.use(identifyRequest(deps));
  app.use(logRequest(deps));
  app.use(securityHeaders(deps));
  app.use('/api/v1/*', noStore);
  app.use(methodNotAllowed({ app, onMethodNotAllowed }));
  app.route('/', consolePages(deps));
  app.use(enforceAccess(deps));
  app.use('/api/v1/*', limitBody(answerBodyTooLarge), enforceAccessAfterBody(deps));

  const description = openapiRoutes(() => describeApi(app, deps.config.publicUrl));
  const api = new OpenAPIHono<AppEnv>()
    .route('/', description)
    .route('/', sessionRoutes(deps))
    .route('/', meRoutes(deps))
    .route('/', tokenRoutes(deps))
    .route('/', presentedTokenRoutes(deps))
    .route('/', userRoutes(deps))
    .route('/', auditRoutes(deps))
    .route('/', clientRoutes(deps))
    .route('/', totpRoutes(deps));

  app.route('/', metricsRoutes(deps));
  app.route('/', oauthRoutes(deps));
  app.route('/', backchannelLogoutRoutes(deps));
  app.route('/', obtainTokenRoutes(deps));
  return app.route('/', description).route('/', healthRoutes(deps)).route('/api/v1', api);
}

/** A browser that asks for a page, and not for anything of the API. */
function wantsPage(c: AppContext): boolean {
  return !c.req.path.startsWith('/api') && (c.req.header('accept') ?? '').includes('text/html');
}
