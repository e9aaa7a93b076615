import { expect, it, onTestFinished } from 'vitest';
import { resolveAuditFilter } from '../../../server/domain/audit-filter.ts';
import type { AuditEvent } from '../../../shared/schemas/audit.ts';
import { createToken, jsonOf, type Member, openTestApp } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { openTestStore } from '../../helpers/app/store.ts';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const events = async (query = '', as: Member = app.root) =>
    (await jsonOf<{ items: AuditEvent[] }>(app.ask(`/api/v1/audit${query}`, { as }))).items;
  return { ...app, events };
}

it('records the actor, the action, the target and the client info', async () => {
  const app = await open();
  const response = await app.ask('/api/v1/tokens', {
    as: app.dev,
    json: { name: 'ci' },
    headers: { 'User-Agent': `tokens/1 ${'x'.repeat(500)}` },
    ip: '2001:db8::7',
  });
  const { id } = await jsonOf<{ id: string }>(response);
  expect(await app.events()).toEqual([
    {
      id: expect.any(String),
      at: '2026-11-23T16:20:00.000Z',
      actor: { kind: 'user', id: app.dev.id, email: 'dev@example.com' },
      action: 'token.created',
      target: { kind: 'token', id, name: 'ci', owner: 'dev@example.com' },
      changes: null,
      ip: '2001:db8::7',
      user_agent: `tokens/1 ${'x'.repeat(247)}`,
    },
  ]);
});

it('decodes the user agent and redacts token values in it', async () => {
  const app = await open();
  const { token, prefix } = await createToken(app, app.dev, { name: 'ci' });
  const sent = Buffer.from(`Löwe ${token}`).toString('latin1');
  await app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'more' }, headers: { 'User-Agent': sent } });
  expect((await app.events())[0]).toMatchObject({ user_agent: `Löwe ${prefix}[redacted]` });
});

it('records the IP address behind trusted proxies and ignores X-Forwarded-For from others', async () => {
  const app = await open();
  const headers = { 'X-Forwarded-For': '192.0.2.1, 198.51.100.4' };
  await app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'a' }, headers, ip: '127.0.0.1' });
  await app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'b' }, headers, ip: '203.0.113.50' });
  expect((await app.events()).map(({ ip }) => ip)).toEqual(['203.0.113.50', '198.51.100.4']);
});

it('shows a member the events in which they are actor, owner or target', async () => {
  const app = await open();
  const other = await app.addMember({ email: 'other@example.com', can_manage_tokens: true });
  const { id } = await createToken(app, app.dev, { name: 'devs' });
  await createToken(app, other, { name: 'others' });
  await app.ask(`/api/v1/tokens/${id}`, { as: app.root, method: 'DELETE' });
  await app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'PATCH', json: { name: 'D' } });
  const seen = (await app.events('', app.dev)).map(({ action, actor }) => [action, actor.email]);
  expect(seen).toEqual([
    ['user.renamed', 'root@example.com'],
    ['token.revoked', 'root@example.com'],
    ['token.created', 'dev@example.com'],
  ]);
  expect(await app.events('?user=dev@example.com', app.dev)).toHaveLength(3);
  for (const user of ['root@example.com', other.id, 'nobody@example.com']) {
    const response = await app.ask(`/api/v1/audit?user=${user}`, { as: app.dev });
    expect(response.status).toBe(403);
  }
});

it('lets a superuser filter by member, action and time', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'early' });
  app.clock.advance(60_000);
  const { id } = await createToken(app, app.root, { name: 'late' });
  await app.ask(`/api/v1/tokens/${id}`, { as: app.root, method: 'DELETE' });
  const names = async (query: string) =>
    (await app.events(query)).map(({ action, target }) => `${action} ${target.name}`);
  expect(await names('?user=DEV@example.com')).toEqual(['token.created early']);
  expect(await names(`?user=${app.dev.id}`)).toEqual(['token.created early']);
  expect(await names('?action=token.revoked')).toEqual(['token.revoked late']);
  expect(await names('?since=2026-11-23T17:21:00%2B01:00')).toEqual(['token.revoked late', 'token.created late']);
  expect(await names('?since=2026-11-23t16:21:00.001z')).toEqual([]);
});

it('combines filters for the actor, the owner, the target, the address and the time', async () => {
  const app = await open();
  const { id, prefix } = await createToken(app, app.dev, { name: 'ci' });
  const other = await jsonOf<{ id: string }>(
    app.ask('/api/v1/tokens', { as: app.root, json: { name: 'ci' }, ip: '198.51.100.4' }),
  );
  app.clock.advance(60_000);
  await app.ask(`/api/v1/tokens/${id}`, { as: app.root, method: 'DELETE', ip: '2001:db8::7' });
  const [created, rootCreated, revoked] = ['dev created', 'root created', 'root revoked'];
  const found = async (query: string) =>
    (await app.events(`?${query}`)).map(({ action, actor }) => `${actor.email?.split('@')[0]} ${action.split('.')[1]}`);
  expect(await found(`target=${id}`)).toEqual([revoked, created]);
  expect(await found('target=ci')).toEqual([revoked, rootCreated, created]);
  // The token is revoked by now.
  expect(await found(`target=${prefix}`)).toEqual([revoked, created]);
  expect(await found('target=tok_AAAAAAAA')).toEqual([]);
  expect(await found('actor=ROOT@example.com&owner=dev@example.com')).toEqual([revoked]);
  expect(await found(`actor=${app.root.id}&owner=${app.root.id}`)).toEqual([rootCreated]);
  expect(await found('ip=198.51.100.4')).toEqual([rootCreated]);
  expect(await found('ip=198.51.100.0/24')).toEqual([rootCreated]);
  expect(await found('ip=198.51.100.64/26')).toEqual([]);
  expect(await found('ip=192.0.0.0/4')).toEqual([rootCreated, created]);
  expect(await found('ip=0.0.0.0/0')).toEqual([rootCreated, created]);
  expect(await found('ip=2001:DB8:0::7')).toEqual([revoked]);
  expect(await found('ip=2001:db8::/32')).toEqual([revoked]);
  // The text of the address has no zeros in the middle.
  expect(await found('ip=2001:db8:0:0::/64')).toEqual([revoked]);
  expect(await found('ip=2001:db8:1::/48')).toEqual([]);
  expect(await found('ip=::/0')).toEqual([revoked]);
  expect(await found('until=2026-11-23T16:21:00Z')).toEqual([rootCreated, created]);
  expect(await found('since=2026-11-23T16:21:00Z&until=2026-11-23T16:22:00Z&target=ci')).toEqual([revoked]);
  expect(await found(`target=${other.id}&action=token.revoked`)).toEqual([]);
  expect(await found('user=dev@example.com&target=ci&ip=::/0')).toEqual([revoked]);
});

it('rejects a period that ends before it begins, and accepts an empty one', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'ci' });
  const at = '2026-11-23T16:20:00Z';
  const response = await app.ask(`/api/v1/audit?since=${at}&until=2026-11-23T16:19:59.999Z`, { as: app.dev });
  expect([response.status, await response.json()]).toEqual([
    400,
    expect.objectContaining({
      code: 'invalid-fields',
      errors: [{ pointer: '?until', detail: 'until must not be earlier than since. Exchange the two times.' }],
    }),
  ]);
  expect(await app.events(`?since=${at}&until=${at}`)).toEqual([]);
});

it.each(['actor', 'owner'])('rejects a filter by a member together with the %s', async (name) => {
  const app = await open();
  const response = await app.ask(`/api/v1/audit?user=dev@example.com&${name}=dev@example.com`, { as: app.root });
  expect([response.status, (await jsonOf<{ errors: { pointer: string }[] }>(response)).errors]).toEqual([
    400,
    [expect.objectContaining({ pointer: '?user' })],
  ]);
});

it('finds an address that was cut to its network by that network and by wider ones', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'ci' });
  await app.store.audit.cutAddresses({ before: app.clock.now() + 1, limit: 10, cut: () => '203.0.113.0/24' });
  const found = async (ip: string) => (await app.events(`?ip=${ip}`)).length;
  expect(await Promise.all(['203.0.113.0/24', '203.0.0.0/16', '203.0.113.9', '203.0.113.0/25'].map(found))).toEqual([
    1, 1, 0, 0,
  ]);
});

it('asks for a smaller network if the log has too many addresses of it', async () => {
  const app = await open();
  const addressesBeginningWith = async (_starts: readonly string[], limit: number) =>
    Array.from({ length: limit }, (_, host) => `10.0.0.${host}`);
  const store = { ...app.store, audit: { ...app.store.audit, addressesBeginningWith } };
  await expect(resolveAuditFilter(store, { ip: '10.0.0.0/8' }, true)).rejects.toThrow('Filter by a smaller network.');
});

it('lets a member narrow their own events down, and no others', async () => {
  const app = await open();
  const { prefix } = await createToken(app, app.dev, { name: 'ci' });
  await createToken(app, app.root, { name: 'ci' });
  expect(await app.events(`?target=${prefix}`, app.dev)).toHaveLength(1);
  for (const query of ['target=ci', 'ip=203.0.113.9', 'actor=dev@example.com', `owner=${app.dev.id}`]) {
    expect((await app.events(`?${query}`, app.dev)).map(({ actor }) => actor.id)).toEqual([app.dev.id]);
  }
  for (const query of [`target=${app.root.id}`, `owner=${app.root.id}`, `actor=${app.root.id}`]) {
    expect(await app.events(`?${query}`, app.dev)).toEqual([]);
  }
});

it('finds failed sign-ins by an email address that no member has', async () => {
  const app = await open();
  await app.ask('/api/v1/sessions', { json: { email: 'Nobody@example.com', password: 'x' } });
  expect((await app.events('?user=nobody@example.com')).map(({ action }) => action)).toEqual(['session.failed']);
});

it('lists each event exactly once across pages', async () => {
  const app = await open();
  for (const name of ['a', 'b', 'c', 'd', 'e']) await createToken(app, app.dev, { name });
  const seen: Array<string | null> = [];
  let query = '?limit=2';
  for (;;) {
    const page = await jsonOf<{ items: AuditEvent[]; next_cursor: string | null }>(
      app.ask(`/api/v1/audit${query}`, { as: app.dev }),
    );
    seen.push(...page.items.map(({ target }) => target.name));
    if (page.next_cursor === null) break;
    query = `?limit=2&cursor=${page.next_cursor}`;
  }
  expect(seen).toEqual(['e', 'd', 'c', 'b', 'a']);
});

it('reads one list at a time, and refuses those that cannot be in time', async () => {
  const { store, path, close } = await openTestStore();
  let running = 0;
  let most = 0;
  const list: typeof store.audit.list = async (query) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 700));
    running -= 1;
    return store.audit.list(query);
  };
  const slow = { ...store, audit: { ...store.audit, list } };
  const app = await openTestApp({}, Promise.resolve({ store: slow, path, close }));
  const responses = await Promise.all(
    Array.from({ length: 60 }, () => app.ask('/api/v1/audit?limit=1', { as: app.dev })),
  );
  const statuses = responses.map(({ status }) => status);
  expect(most).toBe(1);
  expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(4);
  expect(statuses.filter((status) => status === 503).length).toBeGreaterThanOrEqual(56);
  expect(responses.at(-1)?.headers.get('retry-after')).toBe('1');
  await app.close();
});

it('finds what concerns a service account by its name, also after it was deleted', async () => {
  const app = await open();
  const key = await storeKey(app, await storeServiceAccount(app, 'platform'), ['users:write']);
  await storeServiceAccount(app, 'other');
  await createToken(app, app.root, { name: 'plain', service_account: 'platform' });
  await createToken(app, app.root, { name: 'others', service_account: 'other' });
  await app.ask(`/api/v1/users/${app.dev.id}`, { headers: key.headers, method: 'PATCH', json: { name: 'D' } });
  const found = async (as?: Member) =>
    (await app.events('?user=service-account:Platform', as)).map(({ action, actor }) => [action, actor.token]);
  expect(await found()).toEqual([
    ['user.renamed', 'terraform'],
    ['token.created', undefined],
  ]);
  expect((await app.ask(`/api/v1/audit?user=${encodeURIComponent(key.account.email)}`, { as: app.dev })).status).toBe(
    403,
  );
  await app.ask(`/api/v1/service-accounts/${key.account.id}`, { as: app.root, method: 'DELETE' });
  const [deleted, ...before] = await found();
  expect(deleted).toEqual(['service_account.deleted', undefined]);
  expect(before.slice(-2)).toEqual([
    ['user.renamed', 'terraform'],
    ['token.created', undefined],
  ]);
});
