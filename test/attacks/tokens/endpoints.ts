import { Agent } from 'node:http';
import type { Fields, TestResponse, TestServer } from '../../helpers/app/http.ts';
import { basic } from '../../helpers/app/oauth.ts';

/** The verdict of one endpoint on a value. The reason is undefined if the endpoint gives none. */
export interface Verdict {
  allowed: boolean;
  reason?: string | undefined;
}

/** An endpoint that verifies a value, with one way of sending the value. */
export interface Endpoint {
  name: string;
  /** Sends the value and returns the response. */
  send(value: string): Promise<TestResponse>;
  /** Reads the verdict from a response. @throws if the response is neither allow nor deny */
  verdictOf(response: TestResponse): Verdict;
}

/** Encodes a text for a header: its UTF-8 bytes as one character each. */
export const asField = (text: string): string => Buffer.from(text).toString('latin1');

/** Every way to send a value in fields that may also belong to the API: four forms, and the variants of Basic. */
export const credentialForms: Readonly<Record<string, (value: string) => Fields>> = {
  Token: (value) => [['Authorization', `Token ${asField(value)}`]],
  Bearer: (value) => [['Authorization', `Bearer ${asField(value)}`]],
  Basic: (value) => [['Authorization', `Basic ${Buffer.from(`anybody:${value}`).toString('base64')}`]],
  'Basic in URL-safe base64': (value) => [
    ['Authorization', `Basic ${Buffer.from(`ÿÿ>:${value}`).toString('base64url')}`],
  ],
  'Basic user name': (value) => [['Authorization', `Basic ${Buffer.from(`${value}:`).toString('base64')}`]],
  'Basic user name beside x-oauth-basic': (value) => [
    ['Authorization', `Basic ${Buffer.from(`${value}:x-oauth-basic`).toString('base64').replaceAll('=', '')}`],
  ],
  'X-API-Key': (value) => [['X-API-Key', asField(value)]],
};

/** The ways to send a value in the field of our own, which decides alone. */
export const ownForms: typeof credentialForms = {
  'X-Tokens-Authorization': (value) => [['X-Tokens-Authorization', asField(value)]],
  'X-Tokens-Authorization with Token': (value) => [['X-Tokens-Authorization', `Token ${asField(value)}`]],
  'X-Tokens-Authorization with Bearer': (value) => [['X-Tokens-Authorization', `bearer ${asField(value)}`]],
};

export interface VerifyingRoute {
  path: string;
  method: 'GET' | 'POST';
  /** The status for an active token. */
  allowedStatus: number;
}

/** Every route that reads these headers. `/api-token-auth` accepts an active token and then rejects the missing password. */
export const verifyingRoutes: readonly VerifyingRoute[] = [
  { path: '/verify/auth-request', method: 'GET', allowedStatus: 200 },
  { path: '/verify/forward-auth', method: 'GET', allowedStatus: 200 },
  { path: '/verify/ext-authz/any/path', method: 'GET', allowedStatus: 200 },
  { path: '/api/v1/token', method: 'GET', allowedStatus: 200 },
  { path: '/api-token-auth', method: 'POST', allowedStatus: 400 },
];

/** The routes that accept no other credential. */
export const tokenOnlyRoutes = verifyingRoutes.filter(({ allowedStatus }) => allowedStatus === 200);

/** Reuses connections, because opening them would dominate the test time. */
const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/** Sends these headers to a route. */
export function present(
  server: Pick<TestServer, 'send'>,
  { path, method }: VerifyingRoute,
  headers: Fields,
): Promise<TestResponse> {
  return server.send({ agent, path, method, headers, ...(method === 'POST' && { body: '' }) });
}

/** Reads the verdict of a route from its response. @throws if the response is neither allow nor deny */
export function verdictOf({ path, allowedStatus }: VerifyingRoute, { status, headers, body }: TestResponse): Verdict {
  if (status !== allowedStatus && status !== 401) throw new Error(`${path} returned ${status}: ${body}`);
  return { allowed: status === allowedStatus, reason: headers['x-tokens-reason']?.toString() };
}

export interface OAuthClient {
  client_id: string;
  client_secret: string;
}

/** Posts a form to the introspection endpoint as this OAuth client. */
export function introspect(server: Pick<TestServer, 'send'>, client: OAuthClient, body: string): Promise<TestResponse> {
  const headers: Fields = [
    ...Object.entries(basic(client.client_id, client.client_secret)),
    ['Content-Type', 'application/x-www-form-urlencoded'],
  ];
  return server.send({ agent, method: 'POST', path: '/oauth/introspect', headers, body });
}

/** Returns every endpoint that verifies a value: each route with each credential form, and introspection. */
export function endpointsOf(server: Pick<TestServer, 'send'>, client: OAuthClient): Endpoint[] {
  const introspection: Endpoint = {
    name: 'introspection',
    send: (value) => introspect(server, client, new URLSearchParams({ token: value }).toString()),
    verdictOf({ status, body }) {
      // Introspection reports an empty value as invalid_request.
      if (status !== 200 && !body.includes('"invalid_request"')) throw new Error(`introspection: ${status} ${body}`);
      return { allowed: (JSON.parse(body) as { active?: boolean }).active === true };
    },
  };
  const routes = verifyingRoutes.flatMap((route) =>
    Object.entries({ ...credentialForms, ...ownForms }).map(([form, fields]) => ({
      name: `${form} at ${route.path}`,
      send: (value: string) => present(server, route, fields(value)),
      verdictOf: (response: TestResponse) => verdictOf(route, response),
    })),
  );
  return [...routes, introspection];
}

/** Returns the verdict of each endpoint on the value. */
export function verdictsOn(endpoints: readonly Endpoint[], value: string): Promise<Array<[string, Verdict]>> {
  return Promise.all(
    endpoints.map(
      async (endpoint): Promise<[string, Verdict]> => [endpoint.name, endpoint.verdictOf(await endpoint.send(value))],
    ),
  );
}
