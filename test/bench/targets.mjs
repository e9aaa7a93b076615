import { generateToken } from '../../dist/server/domain/secrets.js';
import { request } from './load.mjs';
import { freePort, root, startDaemon, startProgram } from './programs.mjs';

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

/** Starts the daemon, with requests that verify these values at `/verify/forward-auth`. */
export async function forwardAuth({ env, values }) {
  const daemon = await startDaemon(env);
  return { ...daemon, requests: values.map((value) => verification(`Token ${value}`)) };
}

/** Returns requests with well-formed values that were never issued, and one with a malformed value. */
export function denials() {
  const unknown = Array.from({ length: 2_000 }, () => verification(`Token ${generateToken('tok').reveal()}`));
  return { unknown, malformed: [verification('Token tok_not-a-token')] };
}

/** Returns requests for this host, as Caddy and Traefik tell it. */
export function withHost(values, host) {
  return values.map((value) => verification(`Token ${value}`, { 'X-Forwarded-Host': host }));
}

function verification(authorization, more = {}) {
  const headers = { Authorization: authorization, ...originalRequest, ...more };
  return request({ path: '/verify/forward-auth', headers });
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
