import type { User } from '../../../shared/schemas/accounts/users.ts';
import type { CreatedSession } from '../../../shared/schemas/sign-in/sessions.ts';
import type { CreatedToken } from '../../../shared/schemas/tokens/tokens.ts';
import { seenSecrets } from './process.ts';

export interface Client {
  session: string;
  user: User;
  request(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  createToken(name: string, more?: Record<string, unknown>): Promise<CreatedToken>;
}

/** Signs in to a running daemon and returns a client of its native API. */
export async function signIn(url: string, { email, password }: { email: string; password: string }): Promise<Client> {
  const response = await call(url, 'POST', '/sessions', { email, password });
  if (response.status !== 201) throw new Error(`sign-in: ${response.status} ${await response.text()}`);
  const { secret, user } = (await response.json()) as CreatedSession;
  seenSecrets.add(secret);
  seenSecrets.add(password);
  const request: Client['request'] = (method, path, body, headers = {}) =>
    call(url, method, path, body, { Authorization: `Bearer ${secret}`, ...headers });
  return {
    session: secret,
    user,
    request,
    async createToken(name, more = {}) {
      const response = await request('POST', '/tokens', { name, ...more });
      if (response.status !== 201) throw new Error(`create: ${response.status} ${await response.text()}`);
      const created = (await response.json()) as CreatedToken;
      seenSecrets.add(created.token);
      return created;
    },
  };
}

/** Adds a member with the permission, and signs in as them. */
export async function addDeveloper(url: string, root: Client, email = 'dev@example.com'): Promise<Client> {
  const password = `analytical engines for ${email}`;
  const response = await root.request('POST', '/users', { email, password, can_manage_tokens: true });
  if (response.status !== 201) throw new Error(`add: ${response.status} ${await response.text()}`);
  return signIn(url, { email, password });
}

/** Verifies a value through the route for forward-auth proxies. */
export function verify(url: string, value: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${url}/verify/forward-auth`, { headers: { Authorization: `Token ${value}`, ...headers } });
}

function call(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${url}/api/v1${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
