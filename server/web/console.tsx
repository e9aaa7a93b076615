import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { limits } from '../../shared/limits.ts';
import { ProblemError } from '../../shared/problem.ts';
import type { AppDeps, AppEnv } from '../http/context.ts';
import { enforcePageAccess } from './access.ts';
import { findAsset } from './assets.ts';
import { pageErrorHandler } from './errors.tsx';
import { startPage } from './next.ts';
import { tokenPages } from './routes/api-tokens.tsx';
import { auditPages } from './routes/audit.tsx';
import { authorizePages } from './routes/authorize.tsx';
import { devicePages } from './routes/device.tsx';
import { memberPages } from './routes/member.tsx';
import { passwordPages } from './routes/password.tsx';
import { profilePages } from './routes/profile.tsx';
import { secondStepPages } from './routes/second-step.tsx';
import { signInPages } from './routes/sign-in.tsx';
import { ssoPages } from './routes/sso.tsx';
import { teamPages } from './routes/team.tsx';
import { twoStepPages } from './routes/two-step.tsx';

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
    .route('/', secondStepPages(deps))
    .route('/', passwordPages(deps))
    .route('/', twoStepPages(deps))
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
