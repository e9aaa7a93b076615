import { beforeAll, expect, it } from 'vitest';
import { generateToken } from '../../../server/domain/secrets.ts';
import { createToken, jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { basic } from '../../helpers/app/oauth.ts';

let app: TestApp;
let headers: Record<string, string>;
beforeAll(async () => {
  app = await openTestApp({ maxExpiry: null });
  const json = { name: 'trufflehog', can_report: true };
  const client = await jsonOf<{ client_id: string; client_secret: string }>(
    app.ask('/api/v1/clients', { as: app.root, json }),
  );
  headers = basic(client.client_id, client.client_secret);
  return app.close;
});

/** Sends what trufflehog sends: a body without a media type. */
async function verify(body: unknown, as: Record<string, string> = headers): Promise<number> {
  const bytes = new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
  const response = await app.ask('/leaks/verify', { body: bytes, headers: as });
  if (response.status === 200) expect(await response.text()).toBe('');
  return response.status;
}
const ofValues = (...values: string[]) => ({ tokens: { value: values } });

it('returns 200 for a live value and 403 for any other, and records no use', async () => {
  const { id, token } = await createToken(app, app.dev, { name: 'live' });
  app.services.lastUsed.drain();
  expect(await verify(ofValues(token))).toBe(200);
  expect(await verify(ofValues(generateToken('tok').reveal()))).toBe(403);
  expect(await verify(ofValues('anything'))).toBe(403);
  expect(await verify({ tokens: {} })).toBe(403);
  expect(await verify({ tokens: { whole: ['x y', 'x'], value: ['no', token] } })).toBe(200);
  expect(app.services.lastUsed.drain()).toEqual([]);
  await app.ask(`/api/v1/tokens/${id}/pause`, { as: app.dev, json: {} });
  expect(await verify(ofValues(token))).toBe(200);
  await app.ask(`/api/v1/tokens/${id}`, { as: app.dev, method: 'DELETE' });
  expect(await verify(ofValues(token))).toBe(403);
});

it('takes a canary for a live value, and does not trip it', async () => {
  const { id, token } = await createToken(app, app.dev, { name: 'canary', canary: true });
  expect(await verify(ofValues(token))).toBe(200);
  await new Promise(setImmediate);
  await app.services.canaryUses.tellAll();
  const events = await app.store.audit.list({ limit: 1000, before: null });
  expect(events.filter(({ target }) => target.id === id).map(({ action }) => action)).toEqual(['token.created']);
  expect(await app.store.tokens.findById(id)).toMatchObject({ lastUse: null });
});

it('changes nothing', async () => {
  const { id, token } = await createToken(app, app.dev, { name: 'unchanged' });
  const before = [(await app.mails()).length, (await app.store.audit.list({ limit: 1000, before: null })).length];
  expect(await verify(ofValues(token))).toBe(200);
  expect([(await app.mails()).length, (await app.store.audit.list({ limit: 1000, before: null })).length]).toEqual(
    before,
  );
  expect(await app.store.tokens.findById(id)).toMatchObject({ lastUse: null, pausedAt: null });
  expect(await app.services.tellOfLeaks()).toBe(0);
});

it('accepts a management key with the scope leaks', async () => {
  const { token } = await createToken(app, app.dev, { name: 'by key' });
  const account = await storeServiceAccount(app, 'watcher');
  const key = await storeKey(app, account, ['leaks']);
  expect(await verify(ofValues(token), key.headers)).toBe(200);
  expect(await verify(ofValues(token), { Authorization: `Token ${key.value}` })).toBe(200);
});

it('returns 401 to a management key that may not ask, because 403 means that no value is live', async () => {
  const { token } = await createToken(app, app.dev, { name: 'asked by others' });
  const account = await storeServiceAccount(app, 'other');
  const keys = [
    await storeKey(app, account, ['tokens:read'], { name: 'without the scope' }),
    await storeKey(app, account, ['leaks'], { name: 'elsewhere', networks: ['192.0.2.0/24'] }),
  ];
  for (const { headers } of keys) {
    for (const path of ['/leaks/verify', '/leaks/report']) {
      const response = await app.ask(path, { headers, json: path.endsWith('verify') ? ofValues(token) : [] });
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="tokensd"']);
      expect(await jsonOf(response)).toMatchObject({ code: 'not-authenticated' });
    }
  }
});

it('rejects bodies of another shape and large ones without repeating a value', async () => {
  const { token } = await createToken(app, app.dev, { name: 'malformed' });
  const bodies = ['', '{', '[]', `"${token}"`, { tokens: [token] }, { tokens: { value: token } }, { value: [[token]] }];
  for (const body of bodies) expect(await verify(body), JSON.stringify(body)).toBe(400);
  expect(await verify(ofValues('x'.repeat(70_000)))).toBe(413);
  expect(app.logLines.join('\n')).not.toContain(token);
});
