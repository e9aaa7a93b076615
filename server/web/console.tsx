import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { limits } from '../../shared/limits.ts';
import { ProblemError } from '../../shared/problem.ts';
import type { AppDeps, AppEnv } from '../http/context.ts';
import { auditPages } from './audit/routes.tsx';
import { profilePages } from './profile/routes.tsx';
import { totpPages } from './profile/totp-routes.tsx';
import { enforcePageAccess } from './shell/access.ts';
import { findAsset } from './shell/assets.ts';
import { pageErrorHandler } from './shell/error-responses.tsx';
import { startPage } from './shell/return-path.ts';
import { authorizePages } from './sign-in/authorize-routes.tsx';
import { devicePages } from './sign-in/device-routes.tsx';
import { signInPages } from './sign-in/login-routes.tsx';
import { passwordPages } from './sign-in/password-reset-routes.tsx';
import { secondFactorPages } from './sign-in/second-factor-routes.tsx';
import { ssoPages } from './sign-in/sso-routes.tsx';
import { memberPages } from './team/member-routes.tsx';
import { teamPages } from './team/routes.tsx';
import { tokenPages } from './tokens/routes.tsx';

const consolePaths = [
  '/',
  '/login/*',
  '/logout',
  '/password/*',
  '/profile/*',
  '/organization/*',
  '/oauth/authorize',
  '/device/*',
  '/assets/*',
];

/** The console: server-rendered pages over the same services as the API. */
export function consolePages(deps: AppDeps) {
  const app = new Hono<AppEnv>();
  app.onError(pageErrorHandler(deps));
  for (const pages of consolePaths) {
    app.use(pages, bodyLimit({ maxSize: limits.bodyBytes, onError: tooLarge }), enforcePageAccess(deps));
  }
  app.get('/', (c) => c.redirect(startPage, 303));
  app.get('/assets/:file', (c) => {
    const asset = findAsset(c.req.param('file'));
    if (asset === null) return c.notFound();
    const fresh = c.req.query('v') === asset.version;
    c.header('Cache-Control', fresh ? 'public, max-age=31536000, immutable' : 'no-cache');
    return c.body(asset.body, 200, { 'Content-Type': asset.type });
  });
  return app
    .route('/', signInPages(deps))
    .route('/', ssoPages(deps))
    .route('/', secondFactorPages(deps))
    .route('/', passwordPages(deps))
    .route('/', totpPages(deps))
    .route('/', profilePages(deps))
    .route('/', tokenPages(deps))
    .route('/', teamPages(deps))
    .route('/', memberPages(deps))
    .route('/', auditPages(deps))
    .route('/', authorizePages(deps))
    .route('/', devicePages(deps));
}

function tooLarge(): never {
  throw new ProblemError('body-too-large', `A form is at most ${limits.bodyBytes / 1024} KiB.`);
}
