import { OpenAPIHono, z } from '@hono/zod-openapi';
import { problemSchema } from '../../shared/problem.ts';
import type { AppDeps, AppEnv } from './context.ts';
import { type Access, accessTable } from './middleware/access.ts';
import { confirmedRoutes } from './middleware/confirmed-routes.ts';
import { scopeTable } from './middleware/scopes.ts';
import { jsonResponse } from './validate.ts';

type DescribedApp = OpenAPIHono<AppEnv>;
type Registry = DescribedApp['openAPIRegistry'];
type RouteConfig = Parameters<Registry['registerPath']>[0];

const sessionSchemes = [{ session: [] }, { sessionCookie: [] }];
const tokenSchemes = ['token', 'tokenBearer', 'tokenBasic', 'apiKey'].map((name) => ({ [name]: [] }));
const securityOf = {
  anyone: [],
  monitoring: [],
  session: sessionSchemes,
  superuser: sessionSchemes,
  reader: sessionSchemes,
  token: tokenSchemes,
  reporter: [{ client: [] }],
} as const satisfies Record<Access, RouteConfig['security']>;

/**
 * Builds the OpenAPI 3.1 document. The app's own routes come from their declarations, with their security from the tables of
 * access and scopes. Endpoints that are served in front of the app or follow another protocol are declared here.
 */
export function describeApi(
  app: DescribedApp,
  { config, sessionCookie }: Pick<AppDeps, 'config' | 'sessionCookie'>,
): ReturnType<DescribedApp['getOpenAPI31Document']> {
  const described = new OpenAPIHono<AppEnv>();
  const registry = described.openAPIRegistry;
  registerSecuritySchemes(registry, sessionCookie.name);
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type === 'route') registry.registerPath(withAccess(definition.route));
  }
  registerVerification(registry);
  registerObtainToken(registry);
  registerOAuth(registry);
  return described.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'tokensd', version: 'v1', description: 'Manage and verify personal API tokens.' },
    servers: [{ url: config.publicUrl }],
  });
}

/** Adds a route's security and its problem response. Returns a route that is not in the access table unchanged. */
function withAccess(route: RouteConfig): RouteConfig {
  const key = `${route.method.toUpperCase()} ${route.path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
  const access = accessTable[key];
  if (access === undefined) return route;
  const scope = scopeTable[key];
  const security = [...securityOf[access], ...(scope === undefined ? [] : [{ managementKey: [scope] }])];
  const problem = {
    description: 'A problem (RFC 9457). The table of problems explains each `code`.',
    content: { 'application/problem+json': { schema: problemSchema } },
  };
  const description = withConfirmation(key, route.description);
  return {
    ...route,
    ...(description !== undefined && { description }),
    security,
    responses: { ...route.responses, default: problem },
  };
}

/** Adds to the description of a route that it may need a confirmation. */
function withConfirmation(key: string, description: string | undefined): string | undefined {
  if (!Object.values(confirmedRoutes).flat().includes(key)) return description;
  const sentence =
    'From a session that has not confirmed within the last hour who uses it, the change of a role, of a management key or of a second factor returns `confirmation-required`.';
  return [description, sentence].filter(Boolean).join(' ');
}

function registerSecuritySchemes(registry: Registry, cookieName: string): void {
  const schemes = {
    session: { type: 'http', scheme: 'bearer', description: 'A session secret from `POST /api/v1/sessions`' },
    sessionCookie: {
      type: 'apiKey',
      in: 'cookie',
      name: cookieName,
      description: "The console's session. Requests that change something must come from the console's own origin.",
    },
    token: { type: 'http', scheme: 'token', description: 'A personal API token, as `Authorization: Token VALUE`' },
    tokenBearer: {
      type: 'http',
      scheme: 'bearer',
      description: 'A personal API token, as `Authorization: Bearer VALUE`',
    },
    tokenBasic: {
      type: 'http',
      scheme: 'basic',
      description:
        'A personal API token as the password, with any user name. Or the token as the user name, with the password empty or `x-oauth-basic`.',
    },
    managementKey: {
      type: 'http',
      scheme: 'bearer',
      description:
        'A management key of a service account, as `Authorization: Bearer VALUE` or `Authorization: Token VALUE`. An operation lists the scope that the key needs.',
    },
    client: { type: 'http', scheme: 'basic', description: 'An OAuth client, by client_secret_basic (RFC 6749 §2.3.1)' },
    apiKey: {
      type: 'apiKey',
      in: 'header',
      name: 'X-API-Key',
      description: 'A personal API token, as `X-API-Key: VALUE`',
    },
  } as const;
  for (const [name, scheme] of Object.entries(schemes)) registry.registerComponent('securitySchemes', name, scheme);
}

/** Declares the verification routes, which a plain Node handler in front of the app serves. */
function registerVerification(registry: Registry): void {
  const responses = {
    200: { description: 'The token is active. The `X-Auth-*` headers identify the token and its owner.' },
    401: jsonResponse(
      z.object({ detail: z.string() }),
      'The request is denied. If it presented a credential, `X-Tokens-Reason` names the reason.',
    ),
    403: jsonResponse(
      z.object({ detail: z.string() }),
      'The token is active, but may not make this request. `X-Tokens-Reason` is `app`, `group`, `method`, `path`, `network` or `management`.',
    ),
    503: { description: 'The database does not respond' },
  };
  const description =
    'Accepts every method. The proxy passes on the credential of the original request, and tells the request itself. `/verify/apps/{name}/…` is the same for the app with this name.';
  const query = z.object({
    challenge: z
      .string()
      .optional()
      .openapi({ description: '`basic`: a 401 challenges the client to HTTP Basic alone' }),
  });
  const routes = {
    '/verify/auth-request': { summary: 'Verify a request for nginx auth_request', request: { query } },
    '/verify/forward-auth': {
      summary: 'Verify a request for Caddy forward_auth or Traefik ForwardAuth',
      request: { query },
    },
    '/verify/ext-authz/{path}': { summary: 'Verify a request for Envoy ext_authz' },
  };
  for (const [path, route] of Object.entries(routes)) {
    registry.registerPath({ method: 'get', path, ...route, description, security: tokenSchemes, responses });
  }
}

/** Declares the obtain-token endpoint, which uses the request and response formats of Django REST framework. */
function registerObtainToken(registry: Registry): void {
  const fields = z.object({ username: z.string(), password: z.string(), name: z.string().optional() });
  const content = {
    'application/json': { schema: fields },
    'application/x-www-form-urlencoded': { schema: fields },
    'multipart/form-data': { schema: fields },
  };
  const created = jsonResponse(z.object({ token: z.string() }), 'The new token');
  const error = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
  const responses = { 200: created, default: jsonResponse(error, 'An error in the format of Django REST framework') };
  for (const path of ['/api-token-auth', '/api-token-auth/']) {
    const summary = 'Create a token as Django REST framework does';
    const description = 'Each call creates a new token. `username` is the email address.';
    const request = { body: { content } };
    registry.registerPath({ method: 'post', path, summary, description, security: [], request, responses });
  }
}

/** Declares the OAuth 2.0 endpoints, whose errors have the format of RFC 6749. */
function registerOAuth(registry: Registry): void {
  const body = { content: { 'application/x-www-form-urlencoded': { schema: z.record(z.string(), z.string()) } } };
  const error = z.object({ error: z.string(), error_description: z.string().optional() }).openapi('OAuthError');
  const object = jsonResponse(z.record(z.string(), z.unknown()), 'The response that the RFC specifies');
  const empty = { description: 'An empty response' };
  const clientSecurity = [{ client: [] }];
  const routes = [
    ['/oauth/introspect', 'Introspect a token (RFC 7662)', object, clientSecurity],
    ['/oauth/revoke', 'Revoke a token (RFC 7009)', empty, clientSecurity],
    ['/oauth/device_authorization', 'Start the device flow (RFC 8628)', object, []],
    [
      '/oauth/token',
      'Exchange an authorization code or a device code for a session (RFC 6749), or an identity token for an access token (RFC 8693)',
      object,
      [],
    ],
    ['/sso/backchannel-logout', 'End sessions for the identity provider (OIDC Back-Channel Logout)', empty, []],
  ] as const;
  for (const [path, summary, success, security] of routes) {
    const responses = { 200: success, default: jsonResponse(error, 'An OAuth error (RFC 6749 §5.2)') };
    registry.registerPath({ method: 'post', path, summary, security: [...security], request: { body }, responses });
  }
  const path = '/.well-known/oauth-authorization-server';
  const summary = 'Get the authorization server metadata (RFC 8414)';
  registry.registerPath(withAccess({ method: 'get', path, summary, responses: { 200: object } }));
}
