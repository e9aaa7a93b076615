import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../app/http.ts';

/** Stand-ins for gates at which people sign in. They answer as the documentation of the originals says. */
export interface PeopleGate {
  /** The cookie of a person who is signed in. */
  cookie: string;
  /** The identity that the app receives in X-Auth-User. */
  user: string;
  /** A request that the gate lets in although it names no email address. */
  unnamed: { path: string; cookie: string };
  /** Where a browser is led that asks for `path`. */
  signInOf(path: string): RegExp;
  answer(req: IncomingMessage, res: ServerResponse): void;
}

const quote = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** oauth2-proxy: `/oauth2/auth` returns 202 or 401, `/oauth2/start` leads to the identity provider. */
export const oauth2Proxy: PeopleGate = {
  cookie: '_oauth2_proxy=of-a-person',
  user: 'person@example.com',
  unnamed: { path: '/a', cookie: '_oauth2_proxy=without-email' },
  signInOf: (path) =>
    new RegExp(`^https://idp\\.example\\.com/authorize\\?.*state=nonce%3A${quote(encodeURIComponent(path))}$`),
  answer(req, res) {
    const { pathname, searchParams } = new URL(req.url ?? '', 'http://oauth2-proxy');
    if (pathname === '/oauth2/auth') {
      if (isSignedIn(req, this.unnamed.cookie)) return void res.writeHead(202, { 'X-Auth-Request-User': '4712' }).end();
      if (!isSignedIn(req, this.cookie)) return void res.writeHead(401).end('Unauthorized\n');
      const identity = {
        'X-Auth-Request-User': '4711',
        'X-Auth-Request-Email': this.user,
        'X-Auth-Request-Groups': 'dev',
      };
      return void res.writeHead(202, identity).end('Accepted\n');
    }
    if (pathname !== '/oauth2/start' || req.method !== 'GET') return void res.writeHead(404).end();
    const redirect = searchParams.get('rd') ?? req.headers['x-auth-request-redirect'] ?? '/';
    const query = `client_id=app&state=${encodeURIComponent(`nonce:${redirect}`)}`;
    const cookie = '_oauth2_proxy_csrf=nonce; Path=/; HttpOnly';
    res.writeHead(302, { Location: `https://idp.example.com/authorize?${query}`, 'Set-Cookie': cookie }).end();
  },
};

/**
 * Authelia: `/api/authz/auth-request` returns 200 or 401 with the address of the portal in `Location`.
 * `/api/authz/forward-auth` returns 200, 302 to the portal for browsers, or 401 for other clients.
 */
export const authelia: PeopleGate = {
  cookie: 'authelia_session=of-a-person',
  user: 'person@example.com',
  // The policy `bypass`.
  unnamed: { path: '/public/a', cookie: '' },
  signInOf: (path) =>
    new RegExp(
      `^https://auth\\.example\\.com/\\?rd=https%3A%2F%2Fapp\\.example\\.com${quote(encodeURIComponent(path))}&rm=`,
    ),
  answer(req, res) {
    const field = (name: string) => `${req.headers[name] ?? ''}`;
    const { pathname } = new URL(req.url ?? '', 'http://authelia');
    const isAuthRequest = pathname === '/api/authz/auth-request';
    if (!isAuthRequest && pathname !== '/api/authz/forward-auth') return void res.writeHead(404).end();
    const method = isAuthRequest ? field('x-original-method') : field('x-forwarded-method');
    const forwarded = `${field('x-forwarded-proto')}://${field('x-forwarded-host')}${field('x-forwarded-uri')}`;
    const url = isAuthRequest ? field('x-original-url') : forwarded;
    if (method === '' || !/^https?:\/\/[^/]+\//.test(url)) return void res.writeHead(400).end();
    if (isSignedIn(req, this.cookie)) {
      const identity = { 'Remote-User': 'person', 'Remote-Name': 'A Person', 'Remote-Email': this.user };
      return void res.writeHead(200, { ...identity, 'Remote-Groups': 'dev,ops' }).end();
    }
    if (new URL(url).pathname === this.unnamed.path) return void res.writeHead(200).end();
    const location = `https://auth.example.com/?rd=${encodeURIComponent(url)}&rm=${method}`;
    const isBrowser = /text\/html/.test(field('accept'));
    const status = isAuthRequest || !isBrowser ? 401 : method === 'GET' ? 302 : 303;
    res.writeHead(status, isAuthRequest || isBrowser ? { Location: location } : {}).end();
  },
};

/**
 * authentik's outpost: `/outpost.goauthentik.io/auth/nginx` returns 200 or 401, `/outpost.goauthentik.io/auth/caddy` returns 200 or 302 to
 * the sign-in. Both let paths of the outpost through without an identity.
 */
export const authentik: PeopleGate = {
  cookie: 'authentik_proxy_a1b2c3d4=of-a-person',
  user: 'person@example.com',
  // A path that the provider lists as unauthenticated.
  unnamed: { path: '/public/a', cookie: '' },
  signInOf: (path) =>
    new RegExp(`^https://auth\\.example\\.com/application/o/authorize/\\?.*&state=e30\\.${stateOf(path)}\\.c2ln$`),
  answer(req, res) {
    const field = (name: string) => `${req.headers[name] ?? ''}`;
    // The host decides which application is asked for.
    if ((field('x-forwarded-host') || field('host')) !== 'app.example.com') return void res.writeHead(400).end();
    const { pathname, searchParams } = new URL(req.url ?? '', 'http://authentik');
    const isNginx = pathname === '/outpost.goauthentik.io/auth/nginx';
    if (pathname === '/outpost.goauthentik.io/start') return signIn(res, searchParams.get('rd') ?? '/');
    if (!isNginx && pathname !== '/outpost.goauthentik.io/auth/caddy') return void res.writeHead(404).end();
    const url = isNginx ? field('x-original-uri') || field('x-original-url') : field('x-forwarded-uri');
    if (url === '') return void res.writeHead(500).end('configuration error\n');
    const path = url.replace(/^https?:\/\/[^/]+/, '');
    if (isSignedIn(req, this.cookie)) return void res.writeHead(200, authentikIdentity(this.user)).end();
    if (path === this.unnamed.path || decodeURI(path).startsWith('/outpost.goauthentik.io'))
      return void res.writeHead(200).end();
    if (!isNginx) return signIn(res, path);
    res
      .writeHead(401, { 'Set-Cookie': 'authentik_proxy_a1b2c3d4=signed-out; Path=/; HttpOnly' })
      .end('unauthorized request\n');
  },
};

const authentikIdentity = (email: string) => ({
  'X-authentik-username': 'person',
  'X-authentik-groups': 'dev|ops',
  'X-authentik-entitlements': '',
  'X-authentik-email': email,
  'X-authentik-name': 'A Person',
  'X-authentik-uid': '4711',
  'X-authentik-jwt': 'e30.e30.c2ln',
  'X-authentik-meta-outpost': 'authentik Embedded Outpost',
  'X-authentik-meta-provider': 'app',
  'X-authentik-meta-app': 'app',
  // authentik sends a credential of its own, if the provider is set up to.
  Authorization: 'Basic cGVyc29uOnNlY3JldA==',
});

/** The part of authentik's OAuth state that says where to return to. */
function stateOf(path: string): string {
  return Buffer.from(JSON.stringify({ redirect: `https://app.example.com${path}` })).toString('base64url');
}

function signIn(res: ServerResponse, path: string): void {
  const callback = encodeURIComponent(
    'https://app.example.com/outpost.goauthentik.io/callback?X-authentik-auth-callback=true',
  );
  const query = `client_id=app&redirect_uri=${callback}&response_type=code&state=e30.${stateOf(path)}.c2ln`;
  const cookie = 'authentik_proxy_a1b2c3d4=signed-out; Path=/; HttpOnly';
  res
    .writeHead(302, { Location: `https://auth.example.com/application/o/authorize/?${query}`, 'Set-Cookie': cookie })
    .end();
}

function isSignedIn({ headers }: IncomingMessage, cookie: string): boolean {
  return (headers.cookie ?? '').split('; ').includes(cookie);
}

/** Starts a gate and records what it receives. */
export async function startPeopleGate(gate: PeopleGate) {
  const received: string[] = [];
  const server = createServer((req, res) => {
    received.push([req.url, ...req.rawHeaders].join('\n'));
    gate.answer(req, res);
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    /** Target and header fields of each request, as text. */
    received,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
