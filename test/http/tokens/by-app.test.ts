import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken, jsonOf, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
  for (const name of ['grafana', 'wiki']) await app.ask('/api/v1/apps', { as: app.root, json: { name } });
  await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  await createToken(app, app.dev, { name: 'dashboards', apps: ['grafana'] });
  await createToken(app, app.dev, { name: 'both', apps: ['wiki', 'grafana'] });
  await createToken(app, app.dev, { name: 'wiki', apps: ['wiki'] });
  await createToken(app, app.dev, { name: 'grafana' });
  await createAccountToken(app, app.root, 'ci', { name: 'graphs', apps: ['grafana'] });
});
afterEach(() => app.close());

const list = async (query: string, as: Member) => {
  const response = await app.ask(`/api/v1/tokens?${query}`, { as });
  const { items, code } = await jsonOf<{ items?: Token[]; code?: string }>(response);
  return code ?? items?.map(({ name }) => name).sort();
};

it('lists the tokens whose rules name an app, among those that the caller asks for', async () => {
  expect(await list('app=grafana', app.dev)).toEqual(['both', 'dashboards']);
  expect(await list('app=wiki', app.dev)).toEqual(['both', 'wiki']);
  expect(await list('app=grafana&status=paused', app.dev)).toEqual([]);
  expect(await list('app=grafana&service_account=ci', app.dev)).toEqual(['graphs']);
  expect(await list('app=grafana', app.root)).toEqual([]);
  expect(await list('app=grafana&all=true', app.root)).toEqual(['both', 'dashboards', 'graphs']);
  expect(await list('app=grafana&all=true&sort=name', app.root)).toEqual(['both', 'dashboards', 'graphs']);
  expect(await list('app=grafana&all=true', app.dev)).toBe('superuser-required');
});

it('says that there is no such app', async () => {
  expect(await list('app=nothing', app.dev)).toBe('app-not-found');
});
