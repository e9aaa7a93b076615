import { OpenAPIHono, z } from '@hono/zod-openapi';
import { problemSchema } from '../../shared/problem.ts';
import type { AppEnv } from './context.ts';
import { type Access, accessTable } from './middleware/access.ts';
import { sessionCookieName } from './session-cookie.ts';
import { jsonAnswer } from './validate.ts';

type Described = OpenAPIHono<AppEnv>;
type Registry = Described['openAPIRegistry'];
type RouteConfig = Parameters<Registry['registerPath']>[0];

const sessionSchemes = [{ session: [] }, { sessionCookie: [] }];
const tokenSchemes = ['token', 'tokenBearer', 'tokenBasic', 'apiKey'].map((name) => ({ [name]: [] }));
const securityOf = {
  anyone: [],
  monitoring: [],
  session: sessionSchemes,
  superuser: sessionSchemes,
  token: tokenSchemes,
} as const satisfies Record<Access, RouteConfig['security']>;

/** The OpenAPI 3.1 document: the routes' own schemas; what may call them is added from the access table. */
export function describeApi(app: Described, publicUrl: string): ReturnType<Described['getOpenAPI31Document']> {
  const described = new OpenAPIHono<AppEnv>();
  const registry = described.openAPIRegistry;
  registerSecuritySchemes(registry, publicUrl);
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type === 'route') registry.registerPath(withAccess(definition.route));
  }
  registerVerification(registry);
  registerObtainToken(registry);
  registerOAuth(registry);
  return described.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'tokensd', version: 'v1', description: 'Personal API tokens: managing and verifying them.' },
    servers: [{ url: publicUrl }],
  });
}

function withAccess(route: RouteConfig): RouteConfig {
  const access = accessTable[`${route.method.toUpperCase()} ${route.path.replaceAll(/\{(\w+)\}/g, ':$1')}`];
  if (access === undefined) return route;
  const problem = {
    description: 'What went wrong (RFC 9457)',
    content: { 'application/problem+json': { schema: problemSchema } },
  };
  return { ...route, security: [...securityOf[access]], responses: { ...route.responses, default: problem } };
}

function registerSecuritySchemes(registry: Registry, publicUrl: string): void {
  const schemes = {
    session: { type: 'http', scheme: 'bearer', description: 'A session secret of POST /api/v1/sessions' },
    sessionCookie: {
      type: 'apiKey',
      in: 'cookie',
      name: sessionCookieName(publicUrl),
      description: "The console's session; it changes something only from the console's own origin",
    },
    token: { type: 'http', scheme: 'token', description: 'A personal API token: Authorization: Token VALUE' },
    tokenBearer: { type: 'http', scheme: 'bearer', description: 'A personal API token' },
    tokenBasic: { type: 'http', scheme: 'basic', description: 'A personal API token as the password, any user name' },
    service: { type: 'http', scheme: 'basic', description: 'A service: client_secret_basic (RFC 6749 §2.3.1)' },
    apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'A personal API token' },
  } as const;
  for (const [name, scheme] of Object.entries(schemes)) registry.registerComponent('securitySchemes', name, scheme);
}

/** The routes that the plain handler in front of the app answers. */
function registerVerification(registry: Registry): void {
  const responses = {
    200: { description: 'The token works: X-Auth-* tell whose it is' },
    401: jsonAnswer(z.object({ detail: z.string() }), 'The token does not work: X-Tokens-Reason says why'),
    503: { description: 'The database does not answer' },
  };
  const routes = {
    '/verify/auth-request': 'For nginx auth_request: any method',
    '/verify/forward-auth': 'For Caddy forward_auth and Traefik ForwardAuth: any method',
    '/verify/ext-authz/{path}': 'For Envoy ext_authz: any method, any path',
  };
  for (const [path, summary] of Object.entries(routes)) {
    registry.registerPath({ method: 'get', path, summary, security: tokenSchemes, responses });
  }
}

/** Django REST framework's obtain-token, which speaks its own way and not ours. */
function registerObtainToken(registry: Registry): void {
  const fields = z.object({ username: z.string(), password: z.string(), name: z.string().optional() });
  const content = {
    'application/json': { schema: fields },
    'application/x-www-form-urlencoded': { schema: fields },
    'multipart/form-data': { schema: fields },
  };
  const answer = jsonAnswer(z.object({ token: z.string() }), 'A new token each call');
  const refusal = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
  const responses = { 200: answer, default: jsonAnswer(refusal, "Refused, in Django REST framework's words") };
  for (const path of ['/api-token-auth', '/api-token-auth/']) {
    const summary = 'A token for an e-mail address (username) and a password';
    registry.registerPath({ method: 'post', path, summary, security: [], request: { body: { content } }, responses });
  }
}

/** OAuth 2.0, whose refusals are RFC 6749's own. */
function registerOAuth(registry: Registry): void {
  const body = { content: { 'application/x-www-form-urlencoded': { schema: z.record(z.string(), z.string()) } } };
  const refusal = z.object({ error: z.string(), error_description: z.string().optional() }).openapi('OAuthError');
  const object = jsonAnswer(z.record(z.string(), z.unknown()), 'As the RFC says');
  const nothing = { description: 'Done' };
  const ofServices = [{ service: [] }];
  const routes = [
    ['/oauth/introspect', 'Whether a token works, for a service (RFC 7662)', object, ofServices],
    ['/oauth/revoke', 'Revoke a token, for a service that may (RFC 7009)', nothing, ofServices],
    ['/oauth/device_authorization', 'Codes for a device without a browser (RFC 8628)', object, []],
    ['/oauth/token', 'A session for an authorization code or a device code (RFC 6749)', object, []],
    ['/sso/backchannel-logout', 'The identity provider ended a session (OIDC Back-Channel Logout)', nothing, []],
  ] as const;
  for (const [path, summary, good, security] of routes) {
    const responses = { 200: good, default: jsonAnswer(refusal, 'What went wrong (RFC 6749 §5.2)') };
    registry.registerPath({ method: 'post', path, summary, security: [...security], request: { body }, responses });
  }
  const path = '/.well-known/oauth-authorization-server';
  const summary = 'Where all that is (RFC 8414)';
  registry.registerPath(withAccess({ method: 'get', path, summary, responses: { 200: object } }));
}
