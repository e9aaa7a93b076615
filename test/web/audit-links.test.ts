import { expect, it, onTestFinished } from 'vitest';
import type { AuditAction } from '../../shared/audit-actions.ts';
import { createToken, openTestApp } from '../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../helpers/app/management-key.ts';
import { createServiceAccount } from '../helpers/app/service-accounts.ts';
import { openConsole } from '../helpers/console/pages.ts';
import { auditRecord } from '../store/contract/records.ts';

it('finds each event by every link of its page', async () => {
  const app = await openTestApp();
  onTestFinished(app.close);
  const key = await storeKey(app, await storeServiceAccount(app, 'platform'), ['apps']);
  const name = { name: 'grafana', hosts: ['grafana.example.com'] };
  await app.ask('/api/v1/apps', { method: 'POST', headers: key.headers, json: name });
  await createToken(app, app.dev, { name: 'ci' });
  for (const email of ['dev@example.com', 'stranger@example.com', 'no address'])
    await app.ask('/api/v1/sessions', { json: { email, password: 'x' } });
  const at = app.clock.now();
  for (const actor of [
    { kind: 'system', id: null, email: null },
    { kind: 'client', id: 'client_1', email: 'Grafana' },
    { kind: 'client', id: null, email: 'Former client' },
  ] as const)
    await app.store.audit.insert(auditRecord({ at, actor, ip: '203.0.113.0/24' }));
  const browser = openConsole(app, app.root);
  const events = await app.store.audit.list({ limit: 50, before: null });
  expect(events.length).toBeGreaterThan(7);
  const followed = [];
  for (const { id, actor } of events) {
    const { html } = await browser.get(`/organization/audit/${id}`);
    const links = [...html.matchAll(/href="(\/organization\/audit\?[^"]*)"/g)].map(([, href = '']) => href);
    expect(links.length).toBeGreaterThan(1);
    for (const href of links) {
      const list = await browser.get(href.replaceAll('&amp;', '&'));
      expect([href, list.html.includes(`href="/organization/audit/${id}"`)]).toEqual([href, true]);
      if (href.includes('?actor=')) followed.push(actor.kind);
    }
  }
  expect([...new Set(followed)].sort()).toEqual(['anonymous', 'client', 'service-account', 'system', 'user']);
});

it('leads from an event to the pages of its actor and its target, as long as there are any', async () => {
  const app = await openTestApp();
  onTestFinished(app.close);
  const account = await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  const { id } = await createToken(app, app.dev, { name: 'deploy' });
  const wiki = await app.ask('/api/v1/apps', { as: app.root, json: { name: 'wiki' } });
  const { id: appId } = (await wiki.json()) as { id: string };
  const linksOf = async (browser: ReturnType<typeof openConsole>, action: AuditAction) => {
    const [event] = await app.store.audit.list({ limit: 1, before: null, action });
    const { html } = await browser.get(`/organization/audit/${event?.id}`);
    return [...html.matchAll(/<a href="([^"]*)"><bdi>/g)].map(([, href]) => href);
  };
  const [superuser, member] = [openConsole(app, app.root), openConsole(app, app.dev)];
  const token = `/profile/api-tokens/${id}`;
  expect(await linksOf(superuser, 'token.created')).toEqual([`/organization/team/${app.dev.id}`, token]);
  // A member has no page of a member, not even of their own account.
  expect(await linksOf(member, 'token.created')).toEqual([token]);
  const ofRoot = `/organization/team/${app.root.id}`;
  const accountPage = `/organization/service-accounts/${account.id}`;
  expect(await linksOf(superuser, 'service_account.created')).toEqual([ofRoot, accountPage]);
  expect(await linksOf(superuser, 'app.created')).toEqual([ofRoot, `/organization/apps/${appId}`]);
  await app.ask(`/api/v1/apps/${appId}`, { method: 'DELETE', as: app.root });
  expect(await linksOf(superuser, 'app.created')).toEqual([ofRoot]);
  await app.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', as: app.dev });
  expect(await linksOf(superuser, 'token.created')).toEqual([`/organization/team/${app.dev.id}`, token]);
  for (const path of [ofRoot, token, accountPage])
    expect([path, (await superuser.get(path)).status]).toEqual([path, 200]);
});
