import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { listen } from '../app/http.ts';

export interface Manipulation {
  /** Changes the claims of the id_token before it is signed. */
  claims?: (claims: JWTPayload) => JWTPayload;
  /** Changes the finished id_token. */
  token?: (token: string) => string;
  userInfo?: Record<string, unknown>;
  /** Status of the token response. */
  status?: number;
}

/** Starts an identity provider that returns manipulated data, one manipulation at a time. */
export async function startFalseProvider(clientId: string) {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  let manipulation: Manipulation = {};
  /** Paths of the requests, in order. */
  const requests: string[] = [];
  let nonce = '';
  let issuer = '';
  const sign = (claims: JWTPayload, key = privateKey) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(key);
  const now = () => Math.floor(Date.now() / 1000);
  const person = { email: 'ada@example.com', email_verified: true, name: 'Ada' };

  async function idToken(): Promise<string> {
    const claims = { iss: issuer, aud: clientId, sub: 'ada', iat: now(), exp: now() + 60, nonce, ...person };
    const token = await sign(manipulation.claims?.(claims) ?? claims);
    return manipulation.token?.(token) ?? token;
  }

  const responses: Record<string, () => unknown> = {
    '/.well-known/openid-configuration': () => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      authorization_response_iss_parameter_supported: true,
    }),
    '/jwks': () => ({ keys: [jwk] }),
    '/token': async () => ({ access_token: 'x', token_type: 'Bearer', id_token: await idToken() }),
    '/userinfo': () => ({ sub: 'ada', ...person, ...manipulation.userInfo }),
  };
  const server = createServer(async (req, res) => {
    const { pathname } = new URL(req.url ?? '', 'http://x');
    requests.push(pathname);
    const status = pathname === '/token' ? (manipulation.status ?? 200) : 200;
    res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(await responses[pathname]?.()));
  });
  issuer = `http://127.0.0.1:${await listen(server)}`;
  return {
    issuer,
    requests,
    sign,
    now,
    manipulate(next: Manipulation) {
      manipulation = next;
    },
    /** Returns the callback address for a sign-in that was started with `url`. */
    callbackFor(url: string, changes: Record<string, string> = {}): string {
      const request = new URL(url).searchParams;
      nonce = request.get('nonce') ?? '';
      const response = { code: 'a-code', state: request.get('state') ?? '', iss: issuer, ...changes };
      return `/login/sso/callback?${new URLSearchParams(response)}`;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
