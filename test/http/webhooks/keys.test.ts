import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CreatedWebhook } from '../../../shared/schemas/webhooks.ts';
import { jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount, type TestKey } from '../../helpers/app/management-key.ts';

let app: TestApp;
let key: TestKey;
beforeEach(async () => {
  app = await openTestApp({ webhookHosts: ['hooks.internal', '10.1.2.3'] });
  key = await storeKey(app, await storeServiceAccount(app, 'platform'), ['webhooks'], { name: 'terraform' });
});
afterEach(() => app.close());

const ask = (path: string, method: string, json?: object) =>
  app.ask(`/api/v1/webhooks${path}`, { method, headers: key.headers, ...(json && { json }) });
const create = (url: string) => ask('', 'POST', { url, events: ['token.*'] });

const internal = [
  'http://localhost:9000/',
  'http://127.0.0.1/',
  'https://[::1]/',
  'http://2130706433/',
  'http://0x7f.1/',
  'http://hooks.internal/',
  'https://HOOKS.internal./',
  'https://10.1.2.3/',
];

it('is created, changed, tested and deleted by a key with the scope, and audited as its change', async () => {
  const created = await create('https://hooks.example.com/services/T0?key=x');
  const { id, url } = await jsonOf<CreatedWebhook>(created);
  expect([created.status, url]).toEqual([201, 'https://hooks.example.com/services/T0?key=x']);
  // An auditor reads the server of the URL only, but a key needs all of it.
  expect(await jsonOf(ask(`/${id}`, 'GET'))).toMatchObject({ url });
  expect(await jsonOf(ask('', 'GET'))).toMatchObject({ items: [{ url }] });
  const [event] = await app.store.audit.list({ limit: 1, before: null });
  expect(event).toMatchObject({
    action: 'webhook.created',
    actor: { kind: 'service-account', email: 'service-account:platform', token: 'terraform' },
  });
  expect((await ask(`/${id}`, 'PATCH', { events: ['*'] })).status).toBe(200);
  expect((await ask(`/${id}/secret`, 'POST')).status).toBe(200);
  expect((await ask(`/${id}/test`, 'POST')).status).toBe(202);
  expect((await ask(`/${id}`, 'DELETE')).status).toBe(204);
});

it.each(internal)('leads to %s only if a superuser wants that', async (url) => {
  const { id } = await jsonOf<CreatedWebhook>(create('https://hooks.example.com/'));
  const ofRoot = { as: app.root, json: { url, events: ['token.*'] } };
  const existing = await jsonOf<CreatedWebhook>(app.ask('/api/v1/webhooks', ofRoot));
  const attempts = [
    create(url),
    ask(`/${id}`, 'PATCH', { url }),
    ask(`/${existing.id}`, 'PATCH', { url: 'https://hooks.example.com/other' }),
    ask(`/${existing.id}`, 'PATCH', { events: ['*'] }),
    ask(`/${existing.id}`, 'PATCH', { disabled: true }),
    ask(`/${existing.id}/secret`, 'POST'),
  ];
  for (const attempt of attempts) expect(await jsonOf(attempt)).toMatchObject({ status: 403, code: 'not-for-keys' });
  const page = await app.store.webhooks.list({ limit: 9, before: null });
  expect(page.map((webhook) => [webhook.id, webhook.events, webhook.disabled])).toEqual([
    [existing.id, ['token.*'], false],
    [id, ['token.*'], false],
  ]);
});
