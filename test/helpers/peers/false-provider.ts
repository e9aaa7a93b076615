import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { listen } from '../app/http.ts';

export interface Lie {
  /** Changes the claims of the id_token before it is signed. */
  claims?: (claims: JWTPayload) => JWTPayload;
  /** Changes the finished id_token. */
  token?: (token: string) => string;
  userInfo?: Record<string, unknown>;
  /** Answers the token request itself. */
  status?: number;
}

/** An identity provider that does what no good one does, one lie at a time. */
export async function startFalseProvider(clientId: string) {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  let lie: Lie = {};
  /** Paths, in order. */
  const asked: string[] = [];
  let nonce = '';
  let issuer = '';
  const sign = (claims: JWTPayload, key = privateKey) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(key);
  const now = () => Math.floor(Date.now() / 1000);
  const person = { email: 'ada@example.com', email_verified: true, name: 'Ada' };

  async function idToken(): Promise<string> {
    const claims = { iss: issuer, aud: clientId, sub: 'ada', iat: now(), exp: now() + 60, nonce, ...person };
    const token = await sign(lie.claims?.(claims) ?? claims);
    return lie.token?.(token) ?? token;
  }

  const answers: Record<string, () => unknown> = {
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
    '/userinfo': () => ({ sub: 'ada', ...person, ...lie.userInfo }),
  };
  const server = createServer(async (req, res) => {
    const { pathname } = new URL(req.url ?? '', 'http://x');
    asked.push(pathname);
    const status = pathname === '/token' ? (lie.status ?? 200) : 200;
    res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(await answers[pathname]?.()));
  });
  issuer = `http://127.0.0.1:${await listen(server)}`;
  return {
    issuer,
    asked,
    sign,
    now,
    tell(next: Lie) {
      lie = next;
    },
    /** Where the browser comes back to, for a sign-in begun at `url`. */
    answerTo(url: string, changes: Record<string, string> = {}): string {
      const asked = new URL(url).searchParams;
      nonce = asked.get('nonce') ?? '';
      const answer = { code: 'a-code', state: asked.get('state') ?? '', iss: issuer, ...changes };
      return `/login/sso/callback?${new URLSearchParams(answer)}`;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
