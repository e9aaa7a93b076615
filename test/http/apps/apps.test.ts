import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createStatusContext } from '../../../server/domain/tokens/status.ts';
import { createVerification } from '../../../server/domain/tokens/verify.ts';
import type { App } from '../../../shared/schemas/apps.ts';
import { createToken, jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

const post = (json: object) => app.ask('/api/v1/apps', { as: app.root, json });
const patch = (id: string, json: object) => app.ask(`/api/v1/apps/${id}`, { method: 'PATCH', as: app.root, json });
const remove = (id: string, query = '') => app.ask(`/api/v1/apps/${id}${query}`, { method: 'DELETE', as: app.root });

async function create(json: object): Promise<Required<App>> {
  const response = await post(json);
  expect(response.status).toBe(201);
  return jsonOf(response);
}

async function read<T = App>(path: string, as = app.root): Promise<T> {
  return jsonOf(await app.ask(`/api/v1/apps${path}`, { as }));
}

const full = {
  url: 'https://grafana.example.com/d/1?x=y',
  hosts: ['metrics.example.com', 'grafana.example.com'],
  groups: ['on-call, night', 'developers'],
  max_expiry: 7_776_000,
  preflight: 'pass',
};
const [day, year] = [86_400, 31_536_000];

describe('an app', () => {
  it('is returned as it was registered, with lists in order', async () => {
    const plain = await create({ name: 'builds' });
    expect(plain).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'builds',
      url: null,
      hosts: [],
      groups: [],
      max_expiry: null,
      preflight: 'deny',
      created_at: new Date(app.clock.now()).toISOString(),
    });
    const grafana = await create({ name: 'grafana', ...full });
    expect(grafana).toMatchObject({ ...full, hosts: [...full.hosts].sort(), groups: ['developers', 'on-call, night'] });
    expect(await read(`/${grafana.id}`)).toEqual(grafana);
    expect(await read('')).toEqual({ items: [grafana, plain], next_cursor: null });
    expect(await read('?name=builds')).toEqual({ items: [plain], next_cursor: null });
    expect(await read('?name=none')).toEqual({ items: [], next_cursor: null });
  });

  it('shows members its name and its URL, and nothing else', async () => {
    const { id, name, url } = await create({ name: 'grafana', ...full });
    expect(await read(`/${id}`, app.dev)).toEqual({ id, name, url });
    expect(await read('', app.dev)).toEqual({ items: [{ id, name, url }], next_cursor: null });
  });

  it('tells only superusers how many tokens are restricted to it', async () => {
    const { id } = await create({ name: 'grafana' });
    await createToken(app, app.dev, { name: 'ci', apps: ['grafana'] });
    const counted = async (member: { id: string }) => {
      const user = await app.store.users.findById(member.id);
      if (user === null) throw new Error('The member is missing.');
      const caller = {
        user,
        sessionId: 'a session',
        clientInfo: { ip: null, userAgent: null },
        channel: 'console',
      } as const;
      return app.services.apps.countTokens(caller, id);
    };
    expect(await counted(app.root)).toBe(1);
    await expect(counted(app.dev)).rejects.toMatchObject({ code: 'superuser-required' });
  });

  it('has a name of lowercase letters, digits and hyphens that no other app has', async () => {
    for (const name of ['a', '0', 'a-', 'a'.repeat(63), 'my-app-2']) expect((await post({ name })).status).toBe(201);
    const bad = ['', 'A', '-a', 'a'.repeat(64), 'a b', 'a_b', 'ä', 'a/b', 'a.b', ' a', 'a\n', 'a%2f', 5, null];
    for (const name of bad) expect([name, (await post({ name })).status]).toEqual([name, 400]);
    const duplicate = await post({ name: 'my-app-2' });
    expect([duplicate.status, await jsonOf(duplicate)]).toMatchObject([
      409,
      { code: 'name-taken', errors: [{ pointer: '/name' }] },
    ]);
  });

  it('has hosts in the form in which requests name them', async () => {
    const forms = [
      ['Grafana.EXAMPLE.com.', 'grafana.example.com'],
      ['bücher.example', 'xn--bcher-kva.example'],
      ['[0:0::1]', '[::1]'],
      ['localhost', 'localhost'],
      ['192.0.2.7', '192.0.2.7'],
      ['under_score.example.com', 'under_score.example.com'],
    ] as const;
    for (const [index, [sent, stored]] of forms.entries()) {
      expect((await create({ name: `app-${index}`, hosts: [sent, stored] })).hosts).toEqual([stored]);
    }
    const bad = [
      '',
      '.',
      'a..b',
      '*.example.com',
      'https://example.com',
      'example.com:8080',
      'example.com/path',
      'a b',
      '::1',
      'a,b',
      'user@example.com',
      'exa\u200bmple.com',
      'exa\tmple.com',
      'exa\u00admple.com',
      'x'.repeat(254),
      `${'x'.repeat(64)}.example.com`,
      5,
    ];
    for (const host of bad) expect([host, (await post({ name: 'x', hosts: [host] })).status]).toEqual([host, 400]);
    const many = Array.from({ length: 51 }, (_, index) => `h${index}.example.com`);
    expect((await post({ name: 'x', hosts: many })).status).toBe(400);
    expect((await post({ name: 'x', hosts: many.slice(1) })).status).toBe(201);
  });

  it('keeps a host from other apps, until it gives it up or is deleted', async () => {
    const first = await create({ name: 'first', hosts: ['a.example.com', 'b.example.com'] });
    const second = await create({ name: 'second', hosts: ['c.example.com'] });
    for (const rejected of [
      await post({ name: 'third', hosts: ['d.example.com', 'B.example.com'] }),
      await patch(second.id, { hosts: ['b.example.com'], preflight: 'pass' }),
    ]) {
      expect([rejected.status, await jsonOf(rejected)]).toMatchObject([
        409,
        { code: 'host-taken', errors: [{ pointer: '/hosts', detail: expect.stringContaining('b.example.com') }] },
      ]);
    }
    expect(await read('')).toEqual({ items: [second, first], next_cursor: null });
    expect((await patch(first.id, { hosts: ['a.example.com'] })).status).toBe(200);
    expect((await patch(second.id, { hosts: ['b.example.com'] })).status).toBe(200);
    await remove(first.id);
    expect((await patch(second.id, { hosts: ['a.example.com', 'b.example.com'] })).status).toBe(200);
  });

  it('protects no host that it gave up, where tokens that are restricted to it are denied', async () => {
    const host = 'a.example.com';
    const [first, second] = [
      await create({ name: 'first', hosts: [host], groups: ['sales'] }),
      await create({ name: 'second', groups: ['sales'] }),
    ];
    const open = await createToken(app, app.dev, { name: 'open' });
    const restricted = await createToken(app, app.dev, { name: 'restricted', apps: ['first', 'second'] });
    const { verifyRequest } = createVerification(app.store, createStatusContext(app.clock, null));
    const verdicts = () =>
      Promise.all(
        [open, restricted].map(async ({ token }) => {
          const request = { app: { kind: 'host', host }, method: 'GET', path: '/', ip: null } as const;
          const verdict = await verifyRequest(token, request);
          return verdict.allowed ? 'allowed' : verdict.reason;
        }),
      );
    expect(await verdicts()).toEqual(['group', 'group']);
    await patch(first.id, { hosts: [] });
    expect(await verdicts()).toEqual(['allowed', 'app']);
    await patch(second.id, { hosts: [host] });
    expect(await verdicts()).toEqual(['group', 'group']);
  });

  it('has groups in NFC, trimmed, each once, at most 50 of at most 64 characters', async () => {
    const { groups } = await create({
      name: 'x',
      groups: [' caf\u0065\u0301 ', 'café', 'Café', '/team/a', 'a,b', '🚀'],
    });
    expect(groups).toEqual(['Café', 'a,b', 'café', 'team/a', '🚀']);
    const many = Array.from({ length: 51 }, (_, index) => `group-${index}`);
    const bad = [many, [''], [' '], ['🚀'.repeat(65)], ['a\nb'], ['a\u202eb'], [5], 'developers', null];
    for (const groups of bad) expect([groups, (await post({ name: 'y', groups })).status]).toEqual([groups, 400]);
    expect((await post({ name: 'y', groups: [...many.slice(2), '🚀'.repeat(64)] })).status).toBe(201);
  });

  it('accepts only web addresses, whole positive seconds and known choices', async () => {
    const good = [
      { url: null, max_expiry: null },
      { url: 'http://localhost:3000' },
      { max_expiry: 1 },
      { max_expiry: 100 * year },
      { preflight: 'deny' },
    ];
    for (const [index, fields] of good.entries()) {
      expect((await post({ name: `x-${index}`, ...fields })).status).toBe(201);
    }
    const bad = [
      { url: 'javascript:alert(1)' },
      { url: 'grafana.example.com' },
      { url: 'https://exa\u200bmple.com/' },
      { url: 'https://example.com/\u202e' },
      { url: 'https://exa\tmple.com/' },
      { url: ' https://example.com/' },
      { url: 'https://user:password@example.com' },
      { url: 'https://' },
      { url: `https://example.com/${'x'.repeat(1024)}` },
      { url: '' },
      { max_expiry: 0 },
      { max_expiry: -1 },
      { max_expiry: 1.5 },
      { max_expiry: '90d' },
      { max_expiry: 200 * year },
      { preflight: 'maybe' },
      { preflight: null },
      { hosts: null },
      { id: 'x' },
      { unknown: 1 },
    ];
    for (const fields of bad) expect([fields, (await post({ name: 'y', ...fields })).status]).toEqual([fields, 400]);
    expect(await read('?name=y')).toEqual({ items: [], next_cursor: null });
  });
});

describe('a change of an app', () => {
  it('changes only the fields that are sent, and is audited with their old and new values', async () => {
    const before = await create({ name: 'grafana', ...full });
    const steps: Array<[object, object[]]> = [
      [{ url: null }, [{ field: 'url', from: full.url, to: null }]],
      [{ hosts: [] }, [{ field: 'hosts', from: 'grafana.example.com\nmetrics.example.com', to: null }]],
      [{ groups: ['b', 'a'] }, [{ field: 'groups', from: 'developers\non-call, night', to: 'a\nb' }]],
      [{ max_expiry: 30 * day }, [{ field: 'max_expiry', from: '7776000', to: '2592000' }]],
      [
        { preflight: 'deny', max_expiry: null },
        [
          { field: 'max_expiry', from: '2592000', to: null },
          { field: 'preflight', from: 'pass', to: 'deny' },
        ],
      ],
    ];
    let expected: object = before;
    for (const [fields, changes] of steps) {
      const response = await patch(before.id, fields);
      const groups = 'groups' in fields ? { groups: ['a', 'b'] } : {};
      expected = { ...expected, ...fields, ...groups };
      expect([response.status, await jsonOf(response)]).toEqual([200, expected]);
      expect(await read(`/${before.id}`)).toEqual(expected);
      const [event] = await app.store.audit.list({ limit: 1, before: null });
      expect(event).toMatchObject({ action: 'app.changed', target: { kind: 'app', id: before.id }, changes });
    }
  });

  it('that changes nothing is not audited', async () => {
    const { id } = await create({ name: 'grafana', ...full });
    const response = await patch(id, { ...full, hosts: [...full.hosts].reverse() });
    expect(response.status).toBe(200);
    const events = await app.store.audit.list({ limit: 10, before: null });
    expect(events.filter(({ action }) => action.startsWith('app.')).map(({ action }) => action)).toEqual([
      'app.created',
    ]);
  });

  it('is dated later than the one before, although the clock was set back', async () => {
    const { id } = await create({ name: 'grafana' });
    const created = app.clock.now();
    app.clock.advance(-day * 1000);
    await patch(id, { preflight: 'pass' });
    expect((await app.store.apps.findById(id))?.changedAt).toBe(created + 1);
  });

  it('needs at least one field, and an app that exists', async () => {
    const { id } = await create({ name: 'grafana' });
    expect((await patch(id, {})).status).toBe(400);
    expect((await patch(id, { name: 'other' })).status).toBe(400);
    const missing = await patch(app.root.id, { url: null });
    expect([missing.status, await jsonOf(missing)]).toMatchObject([404, { code: 'app-not-found' }]);
    expect((await app.ask(`/api/v1/apps/${app.root.id}`, { as: app.dev })).status).toBe(404);
  });
});

describe('the deletion of an app', () => {
  it('fails while tokens are restricted to the app, unless it is forced, and is audited', async () => {
    const [used, unused] = [await create({ name: 'used' }), await create({ name: 'unused' })];
    const tokens = [await createToken(app, app.dev, { name: 'one' }), await createToken(app, app.dev, { name: 'two' })];
    for (const { id } of tokens) await app.store.apps.setTokenApps(id, [used.id]);
    expect((await remove(unused.id)).status).toBe(204);
    const rejected = await remove(used.id);
    expect([rejected.status, await jsonOf(rejected)]).toMatchObject([
      409,
      {
        code: 'app-in-use',
        detail: expect.stringMatching(
          /^2 tokens are restricted to this app\. .* change their rules first, or force the deletion\.$/,
        ),
      },
    ]);
    expect((await remove(used.id, '?force=false')).status).toBe(409);
    expect((await remove(used.id, '?force=maybe')).status).toBe(400);
    expect((await remove(used.id, '?force=true')).status).toBe(204);
    expect((await remove(used.id, '?force=true')).status).toBe(404);
    expect(await read('')).toEqual({ items: [], next_cursor: null });
    const events = await app.store.audit.list({ limit: 2, before: null });
    expect(events).toMatchObject([
      { action: 'app.deleted', actor: { id: app.root.id }, target: { kind: 'app', id: used.id, name: 'used' } },
      { action: 'app.deleted', target: { kind: 'app', id: unused.id, name: 'unused' } },
    ]);
  });

  it('frees the name, but a new app of that name is another one', async () => {
    const { id } = await create({ name: 'grafana', hosts: ['grafana.example.com'] });
    await remove(id);
    const again = await create({ name: 'grafana', hosts: ['grafana.example.com'] });
    expect(again.id).not.toBe(id);
  });
});
