import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../app/http.ts';

/** Stand-ins for gates at which people sign in. They answer as the documentation of the originals says. */
export interface PeopleGate {
  /** The cookie of a person who is signed in. */
  cookie: string;
  /** The identity that the app receives in X-Auth-User. */
  user: string;
  /** Where a browser is led that asks for `path`. */
  signInOf(path: string): RegExp;
  answer(req: IncomingMessage, res: ServerResponse): void;
}

const quote = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** oauth2-proxy: `/oauth2/auth` returns 202 or 401, `/oauth2/start` leads to the identity provider. */
export const oauth2Proxy: PeopleGate = {
  cookie: '_oauth2_proxy=of-a-person',
  user: 'person@example.com',
  signInOf: (path) =>
    new RegExp(`^https://idp\\.example\\.com/authorize\\?.*state=nonce%3A${quote(encodeURIComponent(path))}$`),
  answer(req, res) {
    const { pathname, searchParams } = new URL(req.url ?? '', 'http://oauth2-proxy');
    if (pathname === '/oauth2/auth') {
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
    const location = `https://auth.example.com/?rd=${encodeURIComponent(url)}&rm=${method}`;
    const isBrowser = /text\/html/.test(field('accept'));
    const status = isAuthRequest || !isBrowser ? 401 : method === 'GET' ? 302 : 303;
    res.writeHead(status, isAuthRequest || isBrowser ? { Location: location } : {}).end();
  },
};

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
