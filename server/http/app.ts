import { OpenAPIHono } from '@hono/zod-openapi';
import type { AppDeps, AppEnv } from './context.ts';
import { errorHandler, notFound } from './errors.ts';
import { auditRoutes } from './routes/audit.ts';
import { healthRoutes } from './routes/health.ts';
import { meRoutes } from './routes/me.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { presentedTokenRoutes } from './routes/token.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { userRoutes } from './routes/users.ts';
import { refuseInvalid } from './validate.ts';

export type AppType = ReturnType<typeof createApp>;

/** The whole HTTP surface except /verify/*, which a plain handler in front of it answers. */
export function createApp(deps: AppDeps) {
  const api = new OpenAPIHono<AppEnv>()
    .route('/', sessionRoutes(deps))
    .route('/', meRoutes(deps))
    .route('/', tokenRoutes(deps))
    .route('/', presentedTokenRoutes(deps))
    .route('/', userRoutes(deps))
    .route('/', auditRoutes(deps));

  const app = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });
  app.onError(errorHandler(deps.log));
  app.notFound(notFound);
  return app.route('/', healthRoutes(deps)).route('/api/v1', api);
}
