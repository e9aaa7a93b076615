import { afterAll, beforeAll } from 'vitest';
import type { OidcConfig } from '../../server/config/config.ts';
import { createApp } from '../../server/http/app.ts';
import { createSsoLog, type SsoLog } from '../../server/http/sso/sso-log.ts';
import { createOidcProvider } from '../../server/sso/oidc.ts';
import type { IdentityProvider } from '../../server/sso/provider.ts';
import { openTestApp, type TestApp } from '../helpers/app/app.ts';
import { ssoClient, ssoConfig } from '../helpers/app/sso.ts';
import { openConsole, sessionCookieName, textOf } from '../helpers/console/pages.ts';
import { type FalseProvider, type Manipulation, startFalseProvider } from '../helpers/peers/false-provider.ts';

export interface LogLine {
  level: string;
  msg: string;
  setting?: string;
  cause?: string;
  [field: string]: unknown;
}

export type SsoWorld = ReturnType<typeof useSsoWorld>;

/** Opens one app and one provider for a test file. */
export function useSsoWorld() {
  let app: TestApp;
  let provider: FalseProvider;
  let current: IdentityProvider;
  let currentLog: SsoLog;
  beforeAll(async () => {
    provider = await startFalseProvider(ssoClient.clientId);
    const opened = await openTestApp({ oidc: ssoConfig(provider.issuer) });
    // Creating an app takes long. A restart replaces only the part that remembers something about the provider.
    const identityProvider: IdentityProvider = {
      begin: () => current.begin(),
      finish: (query, pending) => current.finish(query, pending),
      logoutUrl: (idToken) => current.logoutUrl(idToken),
      readLogoutToken: (token) => current.readLogoutToken(token),
    };
    const ssoLog: SsoLog = {
      failed: (requestId, error) => currentLog.failed(requestId, error),
      succeeded: () => currentLog.succeeded(),
    };
    const hono = createApp({ ...opened.deps, identityProvider, ssoLog });
    const incoming = { rawHeaders: [], socket: { remoteAddress: '203.0.113.9' } };
    const ask: TestApp['ask'] = async (path, { method, body, headers = [] } = {}) =>
      hono.request(`http://tokens.test${path}`, { method: method ?? 'GET', headers, body: body ?? null }, { incoming });
    app = { ...opened, ask };
    restart();
  }, 30_000);
  afterAll(async () => {
    await app.close();
    await provider.stop();
  });

  /** Makes the app forget the provider and its outages, and use other settings, like a daemon that is started again. */
  function restart(changes: Partial<OidcConfig> = {}): void {
    currentLog = createSsoLog(app.deps.log);
    current = createOidcProvider({ ...app.config, oidc: ssoConfig(provider.issuer, changes) });
  }

  /** Signs in while the provider is manipulated, after a restart unless `keep` is true. */
  async function attempt({ manipulation = {}, callback = {}, settings = {}, keep = false }: Attempt = {}) {
    if (!keep) restart(settings);
    provider.manipulate(manipulation);
    const logged = app.logLines.length;
    const browser = openConsole(app);
    const begun = await browser.get('/login/sso');
    const shown = begun.location === null ? begun : await browser.get(provider.callbackFor(begun.location, callback));
    provider.manipulate({});
    const written = app.logLines.slice(logged).map((line): LogLine => JSON.parse(line));
    const lines = written.filter(({ level }) => level !== 'debug');
    const session = browser.cookies.get(sessionCookieName(app));
    return { status: shown.status, text: textOf(shown.html), session, browser, lines, log: lines[0] };
  }

  return {
    get app() {
      return app;
    },
    get provider() {
      return provider;
    },
    restart,
    attempt,
  };
}

interface Attempt {
  manipulation?: Manipulation;
  /** Parameters of the authorization response. */
  callback?: Record<string, string>;
  settings?: Partial<OidcConfig>;
  keep?: boolean;
}
