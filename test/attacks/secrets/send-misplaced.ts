import { basic, deviceGrant } from '../../helpers/app/oauth.ts';
import { verify } from '../../helpers/daemon/api.ts';

/**
 * Sends a secret to a running daemon in every part of a request where it does not belong. Secrets with a known prefix, which
 * the daemon can redact, are also sent in paths and user agents. Nothing can recognize a password there.
 */
export async function sendMisplaced(
  url: string,
  { session, token }: { session: string; token: string },
  secret: string,
  hasPrefix: boolean,
): Promise<void> {
  const ask = (path: string, init: RequestInit = {}) => fetch(`${url}${path}`, { redirect: 'manual', ...init });
  const form = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    ask(path, { method: 'POST', body: new URLSearchParams(fields), headers });
  const json = { 'Content-Type': 'application/json' };
  const as = { Authorization: `Bearer ${session}` };
  const long = 'x'.repeat(70_000);
  const responses = [
    ...[
      `/login?next=/${secret}`,
      `/password/reset?token=${secret}x`,
      `/unknown?token=${secret}`,
      `/openapi.json?q=${secret}`,
    ],
    ...[
      `/api/v1/audit?user=${secret}`,
      `/api/v1/tokens?cursor=${secret}`,
      `/login/sso/callback?code=${secret}&state=x`,
    ],
    ...[`/verify/forward-auth?token=${secret}`, `/api/v1/token?access_token=${secret}`],
  ].map((path) => ask(encodeURI(path), { headers: as }));
  const fields: Array<Record<string, string>> = [
    { Authorization: `Bearer ${secret}x` },
    { Authorization: `Digest ${secret}` },
    { Authorization: `Bearer ${secret}, ${secret}` },
    { Authorization: `Basic ${Buffer.from(`${secret}:${secret}x`).toString('base64')}` },
    { Authorization: `Basic ${Buffer.from(`${secret}:`).toString('base64url')}` },
    { Cookie: `tokens_session_insecure=${secret}x; tokens_step_insecure=${secret}; tokens_sso_insecure=${secret}` },
    { 'X-API-Key': `${secret} ${secret}`, 'X-Real-IP': secret, 'X-Forwarded-For': secret },
    { ...as, 'Content-Type': secret, Accept: secret, Origin: secret, Referer: secret },
    ...(hasPrefix ? [{ 'User-Agent': `${'x'.repeat(230)} ${secret}`, 'X-Request-Id': secret }] : []),
  ];
  for (const headers of fields) {
    for (const path of ['/api/v1/me', '/api/v1/token', '/verify/auth-request', '/profile']) {
      responses.push(ask(path, { headers }));
    }
    const body = JSON.stringify({ email: 'nobody@example.com', password: secret });
    responses.push(ask('/api/v1/sessions', { method: 'POST', body, headers: { ...json, ...headers } }));
  }
  const email = 'dev@example.com';
  const bodies = [
    `{"email":"${email}","password":"${secret}"`,
    JSON.stringify({ email, password: [secret] }),
    JSON.stringify({ [secret]: secret }),
    JSON.stringify({ email, password: secret, [secret]: 1 }),
    JSON.stringify({ email: secret, password: secret }),
    JSON.stringify({ email, name: `${secret}\n${'x'.repeat(80)}`, password: secret }),
    JSON.stringify({ email: `${secret}@`, password: secret }),
    JSON.stringify({ name: `${secret}\u0007`, description: secret, expires_in: secret }),
    JSON.stringify({ name: secret.padEnd(80, 'x'), [secret]: long }),
  ];
  for (const body of bodies) {
    for (const path of ['/api/v1/sessions', '/api/v1/users', '/api/v1/tokens', '/api/v1/clients', '/api-token-auth/']) {
      const credentials = path.includes('sessions') || path.includes('auth') ? {} : as;
      responses.push(ask(path, { method: 'POST', body, headers: { ...json, ...credentials } }));
    }
    responses.push(ask('/oauth/token', { method: 'POST', body, headers: json }));
  }
  responses.push(
    form('/api-token-auth/', { username: secret, password: secret }),
    form('/oauth/token', { grant_type: deviceGrant, client_id: 'tokens', device_code: `${secret}x` }),
    form('/oauth/token', { grant_type: secret, client_id: 'tokens' }),
    form('/oauth/introspect', { token: secret, client_id: secret, client_secret: `${secret}x` }),
    form('/oauth/introspect', { token: secret }, basic('client_x', `${secret}x`)),
    form('/oauth/revoke', { token: secret, client_secret: `${secret}x` }),
    form('/login', { email: secret, password: secret }, { 'Sec-Fetch-Site': 'same-origin' }),
    form('/sso/backchannel-logout', { logout_token: secret }),
    ask('/api/v1/me/password', {
      ...{ method: 'PUT', headers: { ...as, ...json } },
      body: JSON.stringify({ current: `${secret}x`, new: secret.slice(0, 11) }),
    }),
  );
  if (hasPrefix) {
    const paths = [`/${secret}`, `/api/v1/tokens/${secret}`, `/organization/team/${secret}`, `/assets/${secret}`];
    for (const path of paths) responses.push(ask(path, { headers: as }), ask(path, { method: 'POST', body: secret }));
    const original = {
      'X-Forwarded-Method': secret,
      'X-Forwarded-Uri': `/a/${secret}/b?c=${secret}`,
      'User-Agent': secret,
    };
    responses.push(verify(url, token, original), ask(`/verify/ext-authz/${secret}`));
  }
  await Promise.all(responses.map((pending) => pending.then((response) => response.arrayBuffer())));
}
