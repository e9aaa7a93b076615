import { describe, expect, it, onTestFinished } from 'vitest';
import { type Ask, createToken, jsonOf, openTestApp, password } from '../helpers/app/app.ts';
import { sessionCookieName } from '../helpers/console/pages.ts';

const own = { 'Sec-Fetch-Site': 'same-origin' };

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const token = await createToken(app, app.dev, { name: 'existing' });
  const cookie = { Cookie: `${sessionCookieName(app)}=${app.dev.session}` };
  const ask = (path: string, { headers, ...rest }: Ask = {}) =>
    app.ask(`/api/v1${path}`, { ...rest, headers: { ...cookie, ...(headers as Record<string, string>) } });
  return { ...app, token, cookie, askByCookie: ask };
}

describe("the console's session cookie on the native API", () => {
  it('allows reads from any origin and sends no CORS headers', async () => {
    const app = await open();
    for (const headers of [{}, own, { 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'https://evil.example' }]) {
      const response = await app.askByCookie('/me', { headers });
      expect(response.status).toBe(200);
      expect(await jsonOf(response)).toMatchObject({ email: 'dev@example.com' });
      expect(response.headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  const changes: Array<[string, string, object | undefined]> = [
    ['POST', '/tokens', { name: 'new' }],
    ['DELETE', '/tokens/:id', undefined],
    ['PUT', '/me/password', { current: password, new: 'another staple battery horse' }],
    ['DELETE', '/sessions/current', undefined],
  ];

  it.each(changes)("accepts %s %s only from the console's own origin", async (method, path, json) => {
    const app = await open();
    const target = path.replace(':id', app.token.id);
    const ask = (headers: Record<string, string>) => app.askByCookie(target, { method, json, headers });
    for (const headers of [
      {},
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'none' },
      { 'Sec-Fetch-Site': 'cross-site', Origin: app.config.publicUrl },
      { Origin: 'null' },
      { Origin: 'https://evil.example' },
      { Origin: 'http://tokens.test', Host: 'tokens.test' },
      { Referer: app.config.publicUrl },
    ]) {
      const response = await ask(headers as Record<string, string>);
      expect(response.status, JSON.stringify(headers)).toBe(403);
      expect(await jsonOf(response)).toMatchObject({ code: 'cross-site' });
    }
    expect(await jsonOf(app.ask('/api/v1/tokens', { as: app.dev }))).toMatchObject({ items: [{ name: 'existing' }] });
    expect((await ask(path === '/tokens' ? { Origin: app.config.publicUrl } : own)).status).toBeLessThan(300);
  });

  it('is ignored if the request has any other credential', async () => {
    const app = await open();
    const me = async (headers: Record<string, string>) => app.askByCookie('/me', { headers });
    const asRoot = await me({ Authorization: `Bearer ${app.root.session}` });
    expect(await jsonOf(asRoot)).toMatchObject({ email: 'root@example.com' });
    for (const Authorization of ['Bearer nonsense', 'Bearer', 'Digest x', '', `Basic ${btoa('a:b')}`]) {
      expect((await me({ Authorization })).status, Authorization).toBe(401);
    }
    expect((await me({ 'X-API-Key': 'nonsense' })).status).toBe(401);
    for (const headers of [{ Authorization: `Token ${app.token.token}` }, { 'X-API-Key': app.token.token }]) {
      const response = await me(headers as Record<string, string>);
      expect(response.status).toBe(403);
      expect(await jsonOf(response)).toMatchObject({ code: 'session-required' });
    }
  });

  it('is not accepted in place of a personal API token', async () => {
    const app = await open();
    expect((await app.askByCookie('/token', { headers: own })).status).toBe(401);
    expect((await app.askByCookie('/token', { method: 'DELETE', headers: own })).status).toBe(401);
  });

  it('grants only the rights of its member', async () => {
    const app = await open();
    expect((await app.askByCookie('/users', { headers: own })).status).toBe(403);
    await app.store.users.setDisabled(app.dev.id, true);
    const response = await app.askByCookie('/me');
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="tokensd"');
  });

  it('is read only under its exact name and only with a complete session secret', async () => {
    const app = await open();
    for (const Cookie of [
      `tokens_session_insecure=${app.dev.session}`,
      `session=${app.dev.session}`,
      `__host-tokens_session=${app.dev.session}`,
      `__Host-tokens_session=${app.dev.session}x`,
      `__Host-tokens_session=`,
      `__Host-tokens_session=${app.token.token}`,
    ]) {
      expect((await app.ask('/api/v1/me', { headers: { Cookie } })).status, Cookie).toBe(401);
    }
  });
});

it('documents the cookie beside the bearer session on every route that accepts sessions', async () => {
  const app = await open();
  const { components, paths } = await jsonOf<{
    components: { securitySchemes: Record<string, object> };
    paths: Record<string, Record<string, { security: object[] }>>;
  }>(app.ask('/openapi.json'));
  expect(components.securitySchemes.sessionCookie).toMatchObject({
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-tokens_session',
  });
  expect(paths['/api/v1/users']?.get?.security).toEqual([
    { session: [] },
    { sessionCookie: [] },
    { managementKey: ['users:read'] },
  ]);
  expect(paths['/api/v1/token']?.get?.security).not.toContainEqual({ sessionCookie: [] });
});
