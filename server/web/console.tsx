import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { limits } from '../../shared/limits.ts';
import { ProblemError } from '../../shared/problem.ts';
import type { AppDeps, AppEnv } from '../http/context.ts';
import { appPages } from './apps/routes.tsx';
import { auditPages } from './audit/routes.tsx';
import { clientPages } from './clients/routes.tsx';
import { confirmFirstPages } from './confirmation/confirm-first-routes.tsx';
import { askForConfirmation, readConfirmation } from './confirmation/confirmation-routes.tsx';
import { overviewPages } from './overview/routes.tsx';
import { emailConfirmationPages } from './profile/email-confirmation-routes.tsx';
import { ownPasskeyPages } from './profile/passkeys/passkey-routes.tsx';
import { profilePages } from './profile/routes.tsx';
import { totpPages } from './profile/totp-routes.tsx';
import { refuseSecrets } from './search/refuse-secrets.ts';
import { searchPages } from './search/routes.tsx';
import { searchPath } from './search/search-paths.ts';
import { accountKeyPages } from './service-accounts/keys/key-routes.tsx';
import { serviceAccountPages } from './service-accounts/routes.tsx';
import { serviceAccountPage } from './service-accounts/service-account-routes.tsx';
import { accountTokenPages } from './service-accounts/tokens/account-token-routes.tsx';
import { selectedAccountTokens } from './service-accounts/tokens/selected-token-routes.tsx';
import { settingsPages } from './settings/routes.tsx';
import { enforcePageAccess } from './shell/access.ts';
import { findAsset } from './shell/assets.ts';
import { pageErrorHandler } from './shell/error-responses.tsx';
import { preferenceRoutes } from './shell/frame/preference-routes.ts';
import { createMessages } from './shell/messages/messages.ts';
import { startPath } from './shell/return-path.ts';
import { authorizePages } from './sign-in/approval/authorize-routes.tsx';
import { devicePages } from './sign-in/approval/device-routes.tsx';
import { createBrowserSession } from './sign-in/browser-session.ts';
import { createDeviceCookie } from './sign-in/device-cookie.ts';
import { loginPages } from './sign-in/login-routes.tsx';
import { passkeyPages } from './sign-in/passkeys/passkey-routes.tsx';
import { invitationPages } from './sign-in/password/invitation-routes.tsx';
import { passwordResetPages } from './sign-in/password/password-reset-routes.tsx';
import { recoveryPages } from './sign-in/recovery/recovery-routes.tsx';
import { connectSsoPages } from './sign-in/sso/connect-routes.tsx';
import { ssoPages } from './sign-in/sso/sso-routes.tsx';
import { createSecondFactorCookie } from './sign-in/totp/second-factor-cookie.ts';
import { secondFactorPages } from './sign-in/totp/second-factor-routes.tsx';
import { memberPages } from './team/member/member-routes.tsx';
import { memberSessionPages } from './team/member/sign-in/member-session-routes.tsx';
import { teamPages } from './team/routes.tsx';
import { allTokensPages } from './tokens/all/routes.tsx';
import { formLinkPages } from './tokens/form-link/form-link-routes.tsx';
import { requestTestPages } from './tokens/request-test/test-routes.tsx';
import { tokenPages } from './tokens/routes.tsx';
import { selectionPages } from './tokens/selection/routes.tsx';
import { tokenChangePages } from './tokens/token-change-routes.tsx';
import { narrowPages } from './tokens/usage/narrow-routes.tsx';
import { trustPages } from './trusts/routes.tsx';
import { webhookPages } from './webhooks/routes.tsx';

const consolePaths = [
  '/',
  '/login/*',
  '/logout',
  '/password/*',
  '/invitation',
  '/recover',
  '/overview',
  '/profile/*',
  '/organization/*',
  '/oauth/authorize',
  '/search',
  '/device/*',
  '/assets/*',
];

/** Returns the console: server-rendered pages over the same services as the API. */
export function consolePages(appDeps: AppDeps) {
  const deps = { ...appDeps, messages: createMessages(appDeps.config.publicUrl) };
  const deviceCookie = createDeviceCookie(deps.config.publicUrl);
  const browserSession = createBrowserSession({ ...deps, deviceCookie });
  const secondFactorCookie = createSecondFactorCookie(deps.config.publicUrl);
  const signInDeps = { ...deps, browserSession, deviceCookie, secondFactorCookie };
  const app = new Hono<AppEnv>();
  app.onError(askForConfirmation(deps, pageErrorHandler(deps)));
  for (const path of [searchPath, '/overview', '/profile/*', '/organization/*']) app.use(path, refuseSecrets);
  for (const path of consolePaths) {
    app.use(
      path,
      bodyLimit({ maxSize: limits.maxBodyBytes, onError: rejectLargeForm }),
      enforcePageAccess(deps),
      readConfirmation(deps),
    );
  }
  app.get('/', (c) => c.redirect(startPath, 303));
  app.get('/assets/:file', (c) => {
    const asset = findAsset(c.req.param('file'));
    if (asset === null) return c.notFound();
    const isCurrent = c.req.query('v') === asset.version;
    c.header('Cache-Control', isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache');
    return c.body(asset.body, 200, { 'Content-Type': asset.type });
  });
  return app
    .route('/', preferenceRoutes(deps))
    .route('/', loginPages(signInDeps))
    .route('/', ssoPages(signInDeps))
    .route('/', connectSsoPages(deps))
    .route('/', passkeyPages(signInDeps))
    .route('/', secondFactorPages(signInDeps))
    .route('/', passwordResetPages(signInDeps))
    .route('/', invitationPages(signInDeps))
    .route('/', recoveryPages(signInDeps))
    .route('/', totpPages(deps))
    .route('/', ownPasskeyPages(deps))
    .route('/', profilePages(signInDeps))
    .route('/', confirmFirstPages(deps))
    .route('/', emailConfirmationPages(deps))
    .route('/', searchPages(deps))
    .route('/', allTokensPages(deps))
    .route('/', selectionPages(deps))
    .route('/', formLinkPages(deps))
    .route('/', tokenPages(deps))
    .route('/', narrowPages(deps))
    .route('/', requestTestPages(deps))
    .route('/', tokenChangePages(deps))
    .route('/', overviewPages(deps))
    .route('/', teamPages(deps))
    .route('/', memberSessionPages(deps))
    .route('/', memberPages(deps))
    .route('/', serviceAccountPages(deps))
    .route('/', selectedAccountTokens(deps))
    .route('/', accountTokenPages(deps))
    .route('/', accountKeyPages(deps))
    .route('/', serviceAccountPage(deps))
    .route('/', trustPages(deps))
    .route('/', appPages(deps))
    .route('/', clientPages(deps))
    .route('/', webhookPages(deps))
    .route('/', auditPages(deps))
    .route('/', settingsPages(deps))
    .route('/', authorizePages(deps))
    .route('/', devicePages(deps));
}

function rejectLargeForm(): never {
  throw new ProblemError('body-too-large', `A form can have at most ${limits.maxBodyBytes / 1024} KiB.`);
}
