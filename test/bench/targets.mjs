import { request } from './load.mjs';
import { freePort, root, startDaemon, startProgram } from './programs.mjs';
import { app, hasRules } from './seed.mjs';
import { generateToken } from './server/modules.mjs';

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const originalRequest = {
  'X-Forwarded-Method': 'GET',
  'X-Forwarded-Uri': '/builds/42?page=2',
  'X-Forwarded-For': '203.0.113.9',
  'User-Agent': 'bench/1',
};

/** Starts the baseline: a Hono app with one route that returns `ok`. */
export async function bareHono() {
  const port = await freePort();
  const program = await startProgram([`${root}test/bench/targets/bare-hono.mjs`], {
    env: { PORT: port },
    ready: `http://127.0.0.1:${port}/`,
  });
  return { ...program, port, requests: [request({ headers: { 'User-Agent': 'bench/1' } })] };
}

/**
 * Starts the daemon. Its requests ask the internal listener to verify the values that have no rules. `settings` are added to the environment.
 */
export async function forwardAuth({ env, values }, settings = {}) {
  const daemon = await startDaemon({ ...env, ...settings });
  const requests = values.filter((_value, i) => !hasRules(i)).map((value) => verification(`Token ${value}`));
  return { ...daemon, publicPort: daemon.port, port: daemon.internalPort, requests };
}

/** Returns requests with well-formed values that were never issued, and one with a malformed value. */
export function denials() {
  const unknown = Array.from({ length: 2_000 }, () => verification(`Token ${generateToken('tok').reveal()}`));
  return { unknown, malformed: [verification('Token tok_not-a-token')] };
}

/** Returns requests for the host of the app, as Caddy and Traefik tell it. */
export function byHost(values) {
  return values.map((value) => verification(`Token ${value}`, { more: { 'X-Forwarded-Host': app.host } }));
}

/** Returns requests for the app, which their path names. */
export function byName(values) {
  return values.map((value) => verification(`Token ${value}`, { path: `/verify/apps/${app.name}/forward-auth` }));
}

function verification(authorization, { path = '/verify/forward-auth', more = {} } = {}) {
  return request({ path, headers: { Authorization: authorization, ...originalRequest, ...more } });
}

/** Creates an OAuth client, and returns its requests to introspect these values. */
export async function introspection(daemon, session, values) {
  const response = await fetch(`${daemon.url}/api/v1/clients`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${session}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: `bench-${Date.now()}` }),
  });
  const { client_id: id, client_secret: secret } = await response.json();
  const headers = { Authorization: basic(id, secret), ...form };
  return values.map((value) => request({ method: 'POST', path: '/oauth/introspect', headers, body: `token=${value}` }));
}

/** Starts better-auth's API key plugin, with requests that verify 100 keys. */
export async function betterAuth(databaseUrl) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = await startProgram([`${root}test/bench/targets/better-auth.mjs`], {
    env: { PORT: port, DATABASE_URL: databaseUrl },
    ready: `${url}/keys`,
  });
  const keys = await (await fetch(`${url}/keys`)).json();
  return { ...program, port, requests: keys.map((key) => request({ headers: { 'X-API-Key': key } })) };
}

/** Starts oidc-provider, with a request that introspects one access token. */
export async function oidcProvider() {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = await startProgram([`${root}test/bench/targets/oidc-provider.mjs`], {
    env: { PORT: port },
    ready: `${url}/.well-known/openid-configuration`,
  });
  const headers = { Authorization: basic('client', 'only-for-the-benchmark'), ...form };
  const response = await fetch(`${url}/token`, { method: 'POST', headers, body: 'grant_type=client_credentials' });
  const { access_token: token } = await response.json();
  const introspect = request({ method: 'POST', path: '/token/introspection', headers, body: `token=${token}` });
  return { ...program, port, requests: [introspect] };
}

function basic(user, password) {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
