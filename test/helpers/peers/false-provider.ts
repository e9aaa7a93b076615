import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { listen } from '../app/http.ts';

/** A request that the provider received. */
export interface ProviderRequest {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A response of the provider. A body that is not a string is sent as JSON. */
export interface ProviderAnswer {
  status?: number;
  headers?: Record<string, string>;
  body: unknown;
}

export interface Manipulation {
  /** Changes the discovery document. */
  metadata?: (metadata: Record<string, unknown>) => Record<string, unknown>;
  /** Changes the claims of the id_token before it is signed. */
  claims?: (claims: JWTPayload) => JWTPayload;
  /** Changes the finished id_token. */
  token?: (token: string) => string | Promise<string>;
  userInfo?: Record<string, unknown>;
  /** Status of the token response. */
  status?: number;
  /** Replaces the response to a path. If a function returns undefined, the usual response is sent. */
  answers?: Record<string, (request: ProviderRequest) => ProviderAnswer | undefined>;
  /** The published keys, instead of the one that signs. */
  keys?: readonly JWK[];
}

interface Options {
  /** The issuer, if it is not the address of the server. Requests for it must reach the server in another way. */
  issuer?: string;
  /** Serves TLS with this certificate. */
  tls?: { cert: string; key: string };
}

const discoveryPath = '/.well-known/openid-configuration';

/** The first key of every provider. An RSA key takes long to generate. */
let rsaKey: ReturnType<typeof newKey> | undefined;

/** Starts an identity provider that returns manipulated data, one manipulation at a time. */
export async function startFalseProvider(clientId: string, options: Options = {}) {
  rsaKey ??= newKey('one', 'RS256');
  let signing = await rsaKey;
  let manipulation: Manipulation = {};
  /** Paths of the requests, in order. */
  const requests: string[] = [];
  let nonce = '';
  let issuer = '';
  const sign = (claims: JWTPayload, key: Parameters<SignJWT['sign']>[0] = signing.privateKey) =>
    new SignJWT(claims).setProtectedHeader({ alg: signing.alg, kid: signing.kid }).sign(key);
  const now = () => Math.floor(Date.now() / 1000);
  const person = { email: 'ada@example.com', email_verified: true, name: 'Ada' };

  async function idToken(): Promise<string> {
    const claims = { iss: issuer, aud: clientId, sub: 'ada', iat: now(), exp: now() + 60, nonce, ...person };
    const token = await sign(manipulation.claims?.(claims) ?? claims);
    return (await manipulation.token?.(token)) ?? token;
  }

  function metadata(): Record<string, unknown> {
    const document = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'ES256'],
      userinfo_signing_alg_values_supported: ['RS256'],
      authorization_response_iss_parameter_supported: true,
    };
    return manipulation.metadata?.(document) ?? document;
  }

  const responses: Record<string, () => unknown> = {
    [discoveryPath]: metadata,
    '/jwks': () => ({ keys: manipulation.keys ?? [signing.jwk] }),
    '/token': async () => ({ access_token: 'x', token_type: 'Bearer', id_token: await idToken() }),
    '/userinfo': () => ({ sub: 'ada', ...person, ...manipulation.userInfo }),
  };

  async function answer(path: string, request: ProviderRequest): Promise<ProviderAnswer> {
    const replaced = manipulation.answers?.[path]?.(request);
    if (replaced !== undefined) return replaced;
    const respond = responses[path];
    if (respond === undefined) return { status: 404, headers: { 'Content-Type': 'text/html' }, body: '<h1>Not found' };
    return { status: path === '/token' ? (manipulation.status ?? 200) : 200, body: await respond() };
  }

  const listener: RequestListener = async (req, res) => {
    const { pathname } = new URL(req.url ?? '', 'http://x');
    requests.push(pathname);
    let content = '';
    for await (const chunk of req.setEncoding('utf8')) content += chunk;
    const { status = 200, headers, body } = await answer(pathname, { headers: req.headers, body: content });
    res.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    res.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  const port = await listen(server);
  issuer = options.issuer ?? `http://127.0.0.1:${port}`;

  return {
    issuer,
    port,
    requests,
    sign,
    now,
    manipulate(next: Manipulation) {
      manipulation = next;
    },
    /** Signs with a new key from now on, and publishes only this one. */
    async rotateKey(kid: string, alg = 'ES256') {
      signing = await newKey(kid, alg);
    },
    /** The public key that signs. */
    get jwk(): JWK {
      return signing.jwk;
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

export type FalseProvider = Awaited<ReturnType<typeof startFalseProvider>>;

async function newKey(kid: string, alg: string) {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}
