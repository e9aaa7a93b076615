import { createServer, type Server } from 'node:http';
import Provider, { type ClientMetadata } from 'oidc-provider';
import { listen } from '../app/http.ts';
import { ssoClient } from '../app/sso.ts';
import { freePort } from '../daemon/daemon.ts';

export interface PersonAtProvider {
  password: string;
  /** Claims of the ID token. By default it has only those that the protocol requires. */
  idToken?: Record<string, unknown>;
  /** Everything else is a claim of the userinfo endpoint. */
  [claim: string]: unknown;
}

export interface TestProvider {
  issuer: string;
  /** Keyed by subject. Tests change the entries. */
  people: Record<string, PersonAtProvider>;
  /** Stops listening, as if the machine were down. `resume` starts it again at the same address. */
  halt(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

const ada = {
  password: 'pw-ada',
  email: 'ada@example.com',
  email_verified: true,
  name: 'Ada Lovelace',
  groups: ['engineers'],
};
const grace = { password: 'pw-grace', email: 'grace@example.com', email_verified: true, name: 'Grace Hopper' };

/** The claims that the scope `profile` covers here. `teams` needs a scope of its own. */
const profileClaims = [
  ...['name', 'given_name', 'family_name', 'preferred_username', 'upn'],
  ...['groups', 'hasgroups', 'roles', 'realm_access', 'https://example.com/roles'],
];

/** Starts a real `oidc-provider` on loopback HTTP with two people. It signs in a person by their subject and password. */
export async function startIdentityProvider(
  appUrl: string,
  registration: Partial<ClientMetadata> = {},
): Promise<TestProvider> {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const people: Record<string, PersonAtProvider> = { ada: { ...ada }, grace: { ...grace } };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: ssoClient.clientId,
        client_secret: ssoClient.clientSecret,
        redirect_uris: [`${appUrl}/login/sso/callback`],
        post_logout_redirect_uris: [`${appUrl}/login`],
        backchannel_logout_uri: `${appUrl}/sso/backchannel-logout`,
        backchannel_logout_session_required: true,
        ...registration,
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: profileClaims, teams: ['teams'] },
    conformIdTokenClaims: false,
    // HS256 is for tests that register the client for it. The default is RS256.
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'HS256'] },
    cookies: { keys: ['a-key-for-tests'] },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource },
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_ctx, accountId) => {
      const person = people[accountId];
      if (person === undefined) return undefined;
      const { password: _, idToken, ...userInfo } = person;
      return { accountId, claims: (use) => ({ sub: accountId, ...(use === 'id_token' ? idToken : userInfo) }) };
    },
    // By default it does not call loopback addresses.
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined } as object),
    // Grants the scopes without a consent page.
    async loadExistingGrant(ctx) {
      const { client, session, provider } = ctx.oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid email profile teams');
      await grant.save();
      return grant;
    },
  });
  const callback = provider.callback();
  let server: Server;
  const resume = async () => {
    server = createServer((req, res) => {
      if (!req.url?.startsWith('/interaction/')) return void callback(req, res);
      if (req.method === 'GET') return void res.setHeader('Content-Type', 'text/html').end(loginForm);
      let body = '';
      req.on('data', (chunk) => {
        body += chunk;
      });
      req.on('end', () => {
        const form = new URLSearchParams(body);
        const accountId = form.get('subject') ?? '';
        const matches = people[accountId]?.password === form.get('password');
        const result = matches ? { login: { accountId } } : { error: 'access_denied' };
        void provider.interactionFinished(req, res, result);
      });
    });
    await listen(server, port, 'localhost');
  };
  const halt = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  await resume();
  return { issuer, people, halt, resume, stop: halt };
}

/** Replaces the library's page, which loads a font from the network. */
async function logoutSource(ctx: { body: unknown }, form: string): Promise<void> {
  const title = '<!DOCTYPE html><title>Identity provider</title>';
  ctx.body = `${title}${form}<button form="op.logoutForm" name="logout" value="yes">Sign out there</button>`;
}

const loginForm = `<!DOCTYPE html><title>Identity provider</title><h1>Identity provider</h1><form method="post">
<label>Subject <input name="subject"></label><label>Password <input name="password" type="password"></label>
<button>Sign in there</button></form>`;

/** Goes through the provider's pages without a browser. Returns the address that the provider redirects back to. */
export async function signInAtProvider(
  url: string,
  { subject, password }: { subject: string; password: string },
  cookies = new Map<string, string>(),
): Promise<URL> {
  let next = new URL(url);
  const { host } = next;
  for (let hop = 0; hop < 10 && next.host === host; hop += 1) {
    const submits = next.pathname.startsWith('/interaction/');
    const response = await fetch(next, {
      redirect: 'manual',
      headers: { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(submits && { method: 'POST', body: new URLSearchParams({ subject, password }) }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`The provider returned ${response.status}: ${await response.text()}`);
    next = new URL(location, next);
  }
  return next;
}
