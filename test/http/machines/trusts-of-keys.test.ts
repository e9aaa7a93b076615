import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Trust } from '../../../shared/schemas/trusts.ts';
import { jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount, type TestKey } from '../../helpers/app/management-key.ts';
import { addServiceAccount } from '../../store/contract/accounts/service-accounts.ts';

let app: TestApp;
let key: TestKey;
beforeEach(async () => {
  app = await openTestApp();
  await addServiceAccount(app.store, 'ci');
  key = await storeKey(app, await storeServiceAccount(app, 'platform'), ['trusts'], { name: 'terraform' });
});
afterEach(() => app.close());

const path = '/api/v1/trusts';
const ask = (rest: string, method: string, json?: object) =>
  app.ask(`${path}${rest}`, { method, headers: key.headers, ...(json && { json }) });
const body = (issuer: string) => ({ name: 'deploy', service_account: 'ci', issuer, claims: { sub: 'a' } });

it('is created, changed and deleted by a key with the scope', async () => {
  const created = await ask('', 'POST', body('https://gitlab.com'));
  const { id } = await jsonOf<Trust>(created);
  expect(created.status).toBe(201);
  expect((await ask(`/${id}`, 'PATCH', { issuer: 'https://gitlab.example.com' })).status).toBe(200);
  expect((await ask(`/${id}`, 'DELETE')).status).toBe(204);
});

it.each([
  'http://localhost:9000',
  'https://localhost',
  'http://127.0.0.1',
  'http://127.1.2.3:1/x',
  'http://[::1]',
  'https://a.localhost',
  'https://localhost.',
  'https://0.0.0.0',
  'https://[::ffff:127.0.0.1]',
  'https://10.1.2.3',
  'https://169.254.169.254',
])('has the issuer %s only if a superuser wants that', async (issuer) => {
  const ofRoot = await app.ask(path, { as: app.root, json: { ...body(issuer), name: 'internal' } });
  const internal = await jsonOf<Trust>(ofRoot);
  expect(ofRoot.status).toBe(201);
  const other = await jsonOf<Trust>(ask('', 'POST', { ...body('https://gitlab.com'), name: 'other' }));
  const attempts = [
    ask('', 'POST', body(issuer)),
    ask(`/${other.id}`, 'PATCH', { issuer }),
    ask(`/${internal.id}`, 'PATCH', { issuer: 'https://gitlab.com' }),
    ask(`/${internal.id}`, 'PATCH', { claims: { sub: 'b' } }),
  ];
  for (const attempt of attempts) expect(await jsonOf(attempt)).toMatchObject({ status: 403, code: 'not-for-keys' });
  const read = (id: string) => jsonOf(ask(`/${id}`, 'GET'));
  expect(await Promise.all([internal.id, other.id].map(read))).toEqual([internal, other]);
});
