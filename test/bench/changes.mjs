import { spawn, spawnSync } from 'node:child_process';
import { request, slice } from './load.mjs';
import { memoryOf, root } from './programs.mjs';

export const account = { email: 'bench@example.com', password: 'correct horse battery staple' };

/** Creates the superuser who signs in for the measurements. */
export function createSuperuser(env) {
  const result = spawnSync(
    process.execPath,
    [`${root}bin/tokensd.js`, 'init', '--email', account.email, '--password-stdin'],
    {
      env: { PATH: process.env.PATH, ...env },
      input: account.password,
    },
  );
  if (result.status !== 0) throw new Error(String(result.stderr));
}

/** Signs in and returns the session secret. */
export async function signIn(url) {
  const response = await fetch(`${url}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(account),
  });
  if (response.status !== 201) throw new Error(await response.text());
  return (await response.json()).secret;
}

const json = { 'Content-Type': 'application/json' };

/** Measures sign-ins, token creations and revocations per second. Each writes an audit event, the last two a mail. */
export async function measureChanges(target, session) {
  const signInRequest = request({
    method: 'POST',
    path: '/api/v1/sessions',
    headers: json,
    body: JSON.stringify(account),
  });
  const load = { port: target.publicPort, requests: [signInRequest], expected: 201 };
  const signIns = await slice({ ...load, connections: 4, seconds: 4 });
  const creates = await createTokens(target, session, 4);
  const revokes = await revokeTokens(target, session, 4);
  return { signIns: signIns.perSecond, creates: creates.perSecond, revokes: revokes.perSecond };
}

/** Measures how many tokens 16 connections create. */
export function createTokens({ publicPort: port }, session, seconds) {
  const create = (i) =>
    request({
      method: 'POST',
      path: '/api/v1/tokens',
      headers: { ...json, Authorization: `Bearer ${session}` },
      body: JSON.stringify({ name: `created-${Date.now()}-${i}` }),
    });
  const requests = Array.from({ length: 5_000 * seconds }, (_, i) => create(i));
  return slice({ port, requests, expected: 201, connections: 16, seconds });
}

/** Measures how many tokens of the signed-in member 16 connections revoke, one by one. */
export async function revokeTokens({ url, publicPort: port }, session, seconds) {
  const headers = { Authorization: `Bearer ${session}` };
  const ids = [];
  for (let cursor = ''; cursor !== null; ) {
    const page = await fetch(`${url}/api/v1/tokens?limit=200${cursor && `&cursor=${cursor}`}`, { headers });
    const { items, next_cursor: next } = await page.json();
    ids.push(...items.map(({ id }) => id));
    cursor = next;
  }
  const requests = ids.map((id) => request({ method: 'DELETE', path: `/api/v1/tokens/${id}`, headers }));
  return slice({ port, requests, expected: 204, connections: 16, seconds, once: true });
}

/** Measures the time, output size and peak memory of `tokens list --all --json`. */
export async function measureList(url, session) {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [`${root}bin/tokens.js`, 'list', '--all', '--json'], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', TOKENS_SERVER: url, TOKENS_SESSION: session },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let bytes = 0;
  let peakMemory = 0;
  child.stdout.on('data', (chunk) => {
    bytes += chunk.length;
  });
  const watch = setInterval(() => {
    peakMemory = Math.max(peakMemory, memoryOf(child.pid).peak || 0);
  }, 100);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(watch);
  if (code !== 0) throw new Error(`tokens list exited with ${code}`);
  return { seconds: (performance.now() - startedAt) / 1000, megabytes: bytes / 1e6, memory: peakMemory };
}
