import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Trust } from '../../../shared/schemas/trusts.ts';
import { jsonOf, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { createServiceAccount, createTrust } from '../../helpers/app/service-accounts.ts';

let app: TestApp;
let maintainer: Member;
let own: Trust;
let foreign: Trust;
beforeEach(async () => {
  app = await openTestApp();
  maintainer = await app.addMember({ email: 'ada@example.com' });
  await createServiceAccount(app, 'ci', { maintainers: [maintainer] });
  await createServiceAccount(app, 'other', { maintainers: [app.dev] });
  own = await createTrust(app, { name: 'own', service_account: 'ci' });
  foreign = await createTrust(app, { name: 'foreign', service_account: 'other' });
});
afterEach(() => app.close());

const ask = (rest: string, method = 'GET', json?: object) =>
  app.ask(`/api/v1/trusts${rest}`, { method, as: maintainer, ...(json && { json }) });

it('lists the trusts of the service accounts that the member maintains', async () => {
  expect(await jsonOf(ask(''))).toEqual({ items: [own], next_cursor: null });
  expect(await jsonOf(ask('?name=own'))).toMatchObject({ items: [own] });
  expect(await jsonOf(ask('?name=foreign'))).toMatchObject({ items: [] });
  const plain = await app.addMember({ email: 'plain@example.com' });
  expect(await jsonOf(app.ask('/api/v1/trusts', { as: plain }))).toMatchObject({ items: [] });
});

it('shows them, and returns the error of an unknown trust for others', async () => {
  expect(await jsonOf(ask(`/${own.id}`))).toEqual(own);
  const problems = await Promise.all(
    [foreign.id, '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b'].map((id) => jsonOf<{ request_id: string }>(ask(`/${id}`))),
  );
  const [one, unknown] = problems.map(({ request_id: _, ...problem }) => problem);
  expect(one).toMatchObject({ status: 404, code: 'trust-not-found' });
  expect(one).toEqual(unknown);
});

it('leaves changes to superusers', async () => {
  const { id, created_at: _, ...fields } = own;
  const attempts = [
    ask('', 'POST', { ...fields, name: 'new' }),
    ask(`/${id}`, 'PATCH', { ttl: 60 }),
    ask(`/${id}`, 'DELETE'),
  ];
  for (const attempt of attempts) expect(await jsonOf(attempt)).toMatchObject({ code: 'superuser-required' });
});

it('ends with the maintenance of the service account', async () => {
  const json = { remove_maintainers: [maintainer.email] };
  const account = await app.store.serviceAccounts.findByName('ci');
  await app.ask(`/api/v1/service-accounts/${account?.id}`, { method: 'PATCH', as: app.root, json });
  expect((await ask(`/${own.id}`)).status).toBe(404);
  expect(await jsonOf(ask(''))).toMatchObject({ items: [] });
});
