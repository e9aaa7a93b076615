import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp } from '../../helpers/app/app.ts';
import { createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openConsole } from '../../helpers/console/pages.ts';
import { newDenied } from '../../store/contract/records.ts';

/** A token with a denied request, then transferred from dev to the service account `deploy`, which `next` maintains. */
async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const next = await app.addMember({ email: 'next@example.com', can_manage_tokens: true });
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  const { id, prefix } = await createToken(app, app.dev, { name: 'ci' });
  const deny = (path: string) =>
    app.store.transaction((store) =>
      store.usage.addDenied([newDenied(id, { at: app.clock.now(), path, ip: '198.51.100.7' })], app.clock.now()),
    );
  await deny('/private');
  await createServiceAccount(app, 'deploy', { maintainers: [next] });
  app.clock.advance(1000);
  const json = { to: 'deploy' };
  expect((await app.ask(`/api/v1/tokens/${id}/transfer`, { as: app.root, json })).status).toBe(200);
  app.clock.advance(1000);
  return { app, id, prefix, next, auditor, deny };
}

it('shows requests that were denied before a transfer to superusers and auditors only', async () => {
  const { app, id, prefix, next, auditor, deny } = await open();
  const paths = [
    `/api/v1/tokens/${id}`,
    `/api/v1/tokens/${id}/usage`,
    '/api/v1/tokens?service_account=deploy',
    '/api/v1/tokens?service_account=deploy&sort=name',
    `/api/v1/tokens?prefix=${prefix}`,
  ];
  const read = async (as: typeof next) =>
    Promise.all(
      paths.map(async (path) => {
        const response = await app.ask(path, { as });
        expect(response.status, path).toBe(200);
        return response.text();
      }),
    );
  for (const reader of [app.root, auditor]) {
    for (const text of await read(reader)) expect(text).toContain('/private');
    expect((await openConsole(app, reader).get(`/profile/api-tokens/${id}`)).html).toContain('/private');
  }
  for (const text of await read(next)) expect(text).not.toMatch(/private|198\.51\.100\.7/);
  const { html } = await openConsole(app, next).get(`/profile/api-tokens/${id}`);
  expect(html).not.toMatch(/private|198\.51\.100\.7/);
  await deny('/since');
  for (const text of await read(next)) {
    expect(text).toContain('/since');
    expect(text).not.toContain('/private');
  }
});

it('hides them after each transfer from those who receive the token', async () => {
  const { app, id, next, deny } = await open();
  await deny('/ours');
  await createServiceAccount(app, 'other', { maintainers: [app.dev] });
  app.clock.advance(1000);
  await app.ask(`/api/v1/tokens/${id}/transfer`, { as: app.root, json: { to: 'other' } });
  const usage = await app.ask(`/api/v1/tokens/${id}/usage`, { as: app.dev });
  expect(await usage.text()).not.toMatch(/private|ours/);
  expect((await app.ask(`/api/v1/tokens/${id}`, { as: next })).status).toBe(404);
});
