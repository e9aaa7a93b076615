import { Agent } from 'node:http';
import type { Fields, TestResponse, TestServer } from '../../helpers/app/http.ts';
import { basic } from '../../helpers/app/oauth.ts';

/** What one place says of a value; the reason is undefined where none is told. */
export interface Verdict {
  allowed: boolean;
  reason?: string | undefined;
}

export interface Place {
  name: string;
  /** Puts the value to it and says what it answered, whatever that was. */
  ask(value: string): Promise<TestResponse>;
  /** @throws if the answer is neither yes nor no */
  judge(answer: TestResponse): Verdict;
}

/** The text as a header carries it: its UTF-8 bytes, one character each. */
export const asField = (text: string): string => Buffer.from(text).toString('latin1');

/** The four ways to send a value. */
export const credentialForms: Readonly<Record<string, (value: string) => Fields>> = {
  Token: (value) => [['Authorization', `Token ${asField(value)}`]],
  Bearer: (value) => [['Authorization', `Bearer ${asField(value)}`]],
  Basic: (value) => [['Authorization', `Basic ${Buffer.from(`anybody:${value}`).toString('base64')}`]],
  'X-API-Key': (value) => [['X-API-Key', asField(value)]],
};

export interface VerifyingRoute {
  path: string;
  method: 'GET' | 'POST';
  /** The status of a good value. */
  yes: number;
}

/** Every route that looks at such a header, and how it says yes: after a good one api-token-auth misses the password. */
export const verifyingRoutes: readonly VerifyingRoute[] = [
  { path: '/verify/auth-request', method: 'GET', yes: 200 },
  { path: '/verify/forward-auth', method: 'GET', yes: 200 },
  { path: '/verify/ext-authz/any/path', method: 'GET', yes: 200 },
  { path: '/api/v1/token', method: 'GET', yes: 200 },
  { path: '/api-token-auth', method: 'POST', yes: 400 },
];

/** Those that take nothing else instead. */
export const demandingRoutes = verifyingRoutes.filter(({ yes }) => yes === 200);

/** Connections are kept, or these tests would mostly connect. */
const agent = new Agent({ keepAlive: true, maxSockets: 32 });

/** Sends these header fields to that route. */
export function present(
  server: Pick<TestServer, 'send'>,
  { path, method }: VerifyingRoute,
  headers: Fields,
): Promise<TestResponse> {
  return server.send({ agent, path, method, headers, ...(method === 'POST' && { body: '' }) });
}

/** @throws if the answer is neither yes nor no */
export function verdictOf({ path, yes }: VerifyingRoute, { status, headers, body }: TestResponse): Verdict {
  if (status !== yes && status !== 401) throw new Error(`${path} answered ${status}: ${body}`);
  return { allowed: status === yes, reason: headers['x-tokens-reason']?.toString() };
}

export interface Service {
  client_id: string;
  client_secret: string;
}

/** Posts a form to the introspection endpoint as that service. */
export function introspect(server: Pick<TestServer, 'send'>, service: Service, body: string): Promise<TestResponse> {
  const headers: Fields = [
    ...Object.entries(basic(service.client_id, service.client_secret)),
    ['Content-Type', 'application/x-www-form-urlencoded'],
  ];
  return server.send({ agent, method: 'POST', path: '/oauth/introspect', headers, body });
}

/** Every place that decides about a value: each route in each form, and introspection. */
export function placesOf(server: Pick<TestServer, 'send'>, service: Service): Place[] {
  const introspection: Place = {
    name: 'introspection',
    ask: (value) => introspect(server, service, new URLSearchParams({ token: value }).toString()),
    judge({ status, body }) {
      // A service that sends no value at all is told so.
      if (status !== 200 && !body.includes('"invalid_request"')) throw new Error(`introspection: ${status} ${body}`);
      return { allowed: (JSON.parse(body) as { active?: boolean }).active === true };
    },
  };
  const routes = verifyingRoutes.flatMap((route) =>
    Object.entries(credentialForms).map(([form, fields]) => ({
      name: `${form} at ${route.path}`,
      ask: (value: string) => present(server, route, fields(value)),
      judge: (answer: TestResponse) => verdictOf(route, answer),
    })),
  );
  return [...routes, introspection];
}

/** What each of them says of the value. */
export function verdictsOn(places: readonly Place[], value: string): Promise<Array<[string, Verdict]>> {
  return Promise.all(
    places.map(async (place): Promise<[string, Verdict]> => [place.name, place.judge(await place.ask(value))]),
  );
}
