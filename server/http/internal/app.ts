import { OpenAPIHono } from '@hono/zod-openapi';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { AppDeps, AppEnv } from '../context.ts';
import { errorHandler, methodNotAllowedResponse, notFoundResponse } from '../errors.ts';
import { enforceAccess } from '../middleware/access.ts';
import { securityHeaders } from '../middleware/headers.ts';
import { identifyRequest, logRequest } from '../middleware/request.ts';
import { rawPath } from '../paths/raw-path.ts';
import { healthRoutes } from '../routes/service/health.ts';
import { metricsRoutes } from '../routes/service/metrics.ts';

/**
 * Creates the app of the internal listener: health checks and metrics. The Node handlers in front of it serve `/verify/*`
 * and introspection. Every other path returns 404, so that the console cannot be published through this address.
 */
export function createInternalApp(deps: AppDeps) {
  const app = new OpenAPIHono<AppEnv>({ getPath: rawPath });
  app.onError(errorHandler(deps.failureLog));
  app.notFound(notFoundResponse);
  app.use(identifyRequest(deps));
  app.use(logRequest(deps));
  app.use(securityHeaders(deps));
  app.use(methodNotAllowed({ app, onMethodNotAllowed: methodNotAllowedResponse }));
  app.use(enforceAccess(deps));
  return app.route('/', metricsRoutes(deps)).route('/', healthRoutes(deps));
}
