import type { CreatedClient } from '../../../shared/schemas/accounts/clients.ts';
import { jsonOf, type TestApp } from './app.ts';
import type { TestServer } from './http.ts';

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

type Parameters = Record<string, string> | string;

/** Posts a form to an OAuth endpoint. */
export function postForm(
  app: TestApp,
  path: string,
  parameters: Parameters,
  headers: Record<string, string> = {},
): Promise<Response> {
  const body = typeof parameters === 'string' ? parameters : new URLSearchParams(parameters).toString();
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  return app.ask(path, { method: 'POST', body, headers: { ...form, ...headers } });
}

/** Returns an `Authorization` header for `client_secret_basic`. */
export function basic(id: string, secret: string): Record<string, string> {
  const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
  return { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** Posts a form to the introspection endpoint of a test server. The app itself does not serve it. */
export function postIntrospection(
  { port }: Pick<TestServer, 'port'>,
  parameters: Parameters,
  headers: Record<string, string> = {},
  path = '/oauth/introspect',
): Promise<Response> {
  const body = typeof parameters === 'string' ? parameters : new URLSearchParams(parameters).toString();
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  return fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body, headers: { ...form, ...headers } });
}

/** Registers an OAuth client. Returns it with its credentials and its calls. */
export async function addClient(app: TestServer, name: string, canRevoke = false, canReport = false) {
  const json = { name, can_revoke: canRevoke, can_report: canReport };
  const response = await app.ask('/api/v1/clients', { as: app.root, json });
  const client = await jsonOf<CreatedClient>(response);
  const credentials = basic(client.client_id, client.client_secret);
  return {
    ...client,
    credentials,
    introspect: (parameters: Parameters) => postIntrospection(app, parameters, credentials),
    revoke: (parameters: Parameters) => postForm(app, '/oauth/revoke', parameters, credentials),
  };
}

export interface DeviceCodes {
  device_code: string;
  user_code: string;
  verification_uri: string;
  expires_in: number;
  interval: number;
}

export function beginDevice(app: TestApp): Promise<DeviceCodes> {
  return jsonOf<DeviceCodes>(postForm(app, '/oauth/device_authorization', { client_id: 'tokens' }));
}

export function pollDevice(app: TestApp, { device_code }: Pick<DeviceCodes, 'device_code'>): Promise<Response> {
  return postForm(app, '/oauth/token', { grant_type: deviceGrant, client_id: 'tokens', device_code });
}
