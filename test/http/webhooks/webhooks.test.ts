import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CreatedWebhook, Delivery, Webhook } from '../../../shared/schemas/webhooks.ts';
import { createToken, jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp({ webhookHosts: ['hooks.internal', '10.1.2.3', '[fd00::7]'] });
});
afterEach(() => app.close());

const hook = { url: 'https://hooks.example.com/tokens', events: ['token.*'] };
const post = (json: object, path = '') => app.ask(`/api/v1/webhooks${path}`, { as: app.root, json });
const act = (path: string) => app.ask(`/api/v1/webhooks/${path}`, { as: app.root, method: 'POST' });
const patch = (id: string, json: object) => app.ask(`/api/v1/webhooks/${id}`, { method: 'PATCH', as: app.root, json });
const read = async <T = Webhook>(path: string) => jsonOf<T>(app.ask(`/api/v1/webhooks${path}`, { as: app.root }));

async function create(changes: object = {}): Promise<CreatedWebhook> {
  const response = await post({ ...hook, ...changes });
  expect(response.status).toBe(201);
  return jsonOf(response);
}

async function eventsOf(action: string) {
  const { items } = await jsonOf<{ items: Array<{ target: object; changes: object[] | null }> }>(
    app.ask(`/api/v1/audit?action=${action}`, { as: app.root }),
  );
  return items.map(({ target, changes }) => ({ target, changes }));
}

describe('a webhook', () => {
  it('is returned as it was created, with its secret only once', async () => {
    const { secret, ...webhook } = await create({
      events: ['token.*', 'session.failed', 'token.*'],
      description: 'SIEM',
    });
    expect(secret).toMatch(/^whsec_[0-9A-Za-z+/]{43}=$/);
    expect(webhook).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      url: hook.url,
      events: ['session.failed', 'token.*'],
      format: 'standard',
      description: 'SIEM',
      disabled: false,
      created_at: new Date(app.clock.now()).toISOString(),
    });
    expect(await read(`/${webhook.id}`)).toEqual(webhook);
    const slack = await create({ url: 'https://hooks.slack.example/services/T0/B0', events: ['*'], format: 'slack' });
    expect((await read<{ items: Webhook[] }>('')).items.map(({ id }) => id)).toEqual([slack.id, webhook.id]);
    expect(JSON.stringify(await read(''))).not.toContain('whsec_');
  });

  it('rejects events that are no actions, a wrong format and a missing field', async () => {
    const wrong = [
      { events: [] },
      { events: ['token'] },
      { events: ['token*'] },
      { events: ['nothing.*'] },
      { events: ['token.gone'] },
      { events: ['webhook.test'] },
      { format: 'teams' },
      { disabled: 'yes' },
      { url: undefined },
      { events: undefined },
      { secret: 'whsec_mine' },
    ];
    for (const change of wrong) expect([change, (await post({ ...hook, ...change })).status]).toEqual([change, 400]);
    expect((await read<{ items: Webhook[] }>('')).items).toEqual([]);
  });

  it('changes only the fields that are sent, and audits them without the path of the URL', async () => {
    const { secret: _, ...webhook } = await create();
    const steps: Array<[object, object[]]> = [
      [{ events: ['user.*', 'token.*'] }, [{ field: 'events', from: 'token.*', to: 'token.*\nuser.*' }]],
      [{ format: 'slack' }, [{ field: 'format', from: 'standard', to: 'slack' }]],
      [{ description: 'SIEM' }, [{ field: 'description', from: null, to: 'SIEM' }]],
      [{ description: null }, [{ field: 'description', from: 'SIEM', to: null }]],
      [{ disabled: true }, [{ field: 'disabled', from: false, to: true }]],
      [
        { url: 'https://hooks.example.com/other' },
        [{ field: 'url', from: 'https://hooks.example.com', to: 'https://hooks.example.com (another path)' }],
      ],
      [
        { url: 'https://siem.example.com/x' },
        [{ field: 'url', from: 'https://hooks.example.com', to: 'https://siem.example.com' }],
      ],
    ];
    let expected: object = webhook;
    for (const [change, audited] of steps) {
      const response = await patch(webhook.id, change);
      expected = { ...expected, ...change, ...('events' in change && { events: ['token.*', 'user.*'] }) };
      expect([response.status, await jsonOf(response)]).toEqual([200, expected]);
      const [event] = await eventsOf('webhook.changed');
      const name = expect.stringMatching(/^https:\/\/[a-z]+\.example\.com$/);
      expect(event).toEqual({ target: { kind: 'webhook', id: webhook.id, name, owner: null }, changes: audited });
    }
    await patch(webhook.id, { format: 'slack' });
    expect(await eventsOf('webhook.changed'), 'an edit without a change').toHaveLength(steps.length);
    expect((await patch(webhook.id, {})).status).toBe(400);
  });

  it('rejects a URL that another webhook has, however it is written', async () => {
    await create();
    const other = await create({ url: 'https://other.example.com/' });
    const conflict = { code: 'url-taken', errors: [{ pointer: '/url' }] };
    for (const url of [hook.url, 'HTTPS://Hooks.Example.com:443/x/../tokens']) {
      expect(await jsonOf(post({ ...hook, url }))).toMatchObject(conflict);
      expect(await jsonOf(patch(other.id, { url }))).toMatchObject(conflict);
    }
  });

  it('receives a new secret, which the audit log does not show', async () => {
    const { secret, ...webhook } = await create();
    const response = await act(`${webhook.id}/secret`);
    const rotated = await jsonOf<CreatedWebhook>(response);
    expect([response.status, rotated]).toEqual([200, { ...webhook, secret: expect.stringMatching(/^whsec_/) }]);
    expect(rotated.secret).not.toBe(secret);
    expect(await app.store.webhooks.secretsOf(webhook.id)).toEqual({
      secret: rotated.secret,
      previousSecret: secret,
      previousSecretUntil: app.clock.now() + 24 * 60 * 60 * 1000,
    });
    expect(await eventsOf('webhook.changed')).toMatchObject([
      { changes: [{ field: 'secret', from: null, to: 'rotated' }] },
    ]);
  });

  it('is gone once it is deleted', async () => {
    const { id } = await create();
    const remove = () => app.ask(`/api/v1/webhooks/${id}`, { method: 'DELETE', as: app.root });
    expect((await remove()).status).toBe(204);
    expect(await jsonOf(remove())).toMatchObject({ code: 'webhook-not-found' });
    expect((await eventsOf('webhook.deleted')).length).toBe(1);
    for (const path of [`/${id}`, `/${id}/deliveries`]) {
      expect(await read(path)).toMatchObject({ code: 'webhook-not-found', status: 404 });
    }
  });

  it('is one of at most 100', async () => {
    for (let i = 0; i < 100; i += 1) await create({ url: `https://hooks.example.com/${i}` });
    expect(await jsonOf(post(hook))).toMatchObject({ status: 409, code: 'webhook-limit' });
  }, 30_000);
});

describe('the URL of a webhook', () => {
  const accepted: Array<[url: string, stored: string]> = [
    ['https://hooks.example.com', 'https://hooks.example.com/'],
    ['https://hooks.example.com:8443/a?b=c', 'https://hooks.example.com:8443/a?b=c'],
    ['https://93.184.215.14/', 'https://93.184.215.14/'],
    ['https://[2606:4700::1111]/', 'https://[2606:4700::1111]/'],
    ['http://localhost:9000/hook', 'http://localhost:9000/hook'],
    ['http://127.0.0.1:9000/', 'http://127.0.0.1:9000/'],
    ['http://127.9.9.9/', 'http://127.9.9.9/'],
    ['https://[::1]/', 'https://[::1]/'],
    ['http://hooks.internal/', 'http://hooks.internal/'],
    ['http://HOOKS.internal./', 'http://hooks.internal./'],
    ['https://10.1.2.3/', 'https://10.1.2.3/'],
    ['http://[fd00:0::7]/', 'http://[fd00::7]/'],
  ];
  it.each(accepted)('may be %s', async (url, stored) => {
    expect((await create({ url })).url).toBe(stored);
  });

  const refused = [
    'hooks.example.com',
    'ftp://hooks.example.com/',
    'https://',
    'https://user@hooks.example.com/',
    'https://user:secret@hooks.example.com/',
    'https://hooks.example.com/#fragment',
    'https://hooks.example.com/a b',
    'https://hooks.example.com\\@10.0.0.1/',
    `https://hooks.example.com/${'x'.repeat(2048)}`,
    'http://hooks.example.com/',
    'http://93.184.215.14/',
    'http://localhost.example.com/',
    'https://localhost./',
    'https://x.localhost/',
    'https://10.0.0.1/',
    'https://10.1.2.4/',
    'https://172.16.0.1/',
    'https://192.168.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://168.63.129.16/machine/',
    'https://0xa83f8110/',
    'https://100.64.0.1/',
    'https://0.0.0.0/',
    'https://0/',
    'https://255.255.255.255/',
    'https://224.0.0.1/',
    'https://198.18.0.1/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::ffff:93.184.215.14]/',
    'https://[::127.0.0.1]/',
    'https://[fe80::1]/',
    'https://[fd00::8]/',
    'https://[fec0::1]/',
    'https://[ff02::1]/',
    'https://[64:ff9b::a00:1]/',
    'https://[2002:a00:1::]/',
    'https://[2001:db8::1]/',
    'https://167772161/',
    'https://0x0a000001/',
    'https://012.0.0.1/',
    'https://10.1/',
  ];
  it.each(refused)('must not be %s', async (url) => {
    const { id } = await create();
    for (const response of [await post({ ...hook, url }), await patch(id, { url })]) {
      expect([response.status, await jsonOf(response)]).toMatchObject([
        400,
        { code: 'invalid-fields', errors: [{ pointer: '/url' }] },
      ]);
    }
  });

  it('must not contain a token value', async () => {
    const { token } = await createToken(app, app.dev, { name: 'pasted' });
    expect((await post({ ...hook, url: `https://hooks.example.com/${token}` })).status).toBe(400);
  });
});

describe('deliveries', () => {
  const list = async (id: string, query = '') => (await read<{ items: Delivery[] }>(`/${id}/deliveries${query}`)).items;

  it('are the events that a webhook subscribed to, from its creation on', async () => {
    await createToken(app, app.dev, { name: 'before' });
    const all = await create({ events: ['*'] });
    const some = await create({ url: 'https://other.example.com/', events: ['token.revoked', 'token.created'] });
    await createToken(app, app.dev, { name: 'after' });
    const [newest] = await list(some.id);
    expect(newest).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      event: 'token.created',
      status: 'pending',
      attempts: 0,
      at: new Date(app.clock.now()).toISOString(),
      delivered_at: null,
      error: null,
    });
    const [event] = (await jsonOf<{ items: Array<{ id: string }> }>(app.ask('/api/v1/audit', { as: app.root }))).items;
    expect(newest?.id).toBe(event?.id);
    const names = async (id: string) => (await list(id)).map((delivery) => delivery.event);
    expect(await names(some.id)).toEqual(['token.created']);
    expect(await names(all.id)).toEqual(['token.created', 'webhook.created', 'webhook.created']);
    expect(await list(all.id, '?status=failed')).toEqual([]);
    expect(await list(all.id, '?limit=1')).toHaveLength(1);
  });

  it('are not queued while the webhook is disabled', async () => {
    const { id } = await create();
    await patch(id, { disabled: true });
    await createToken(app, app.dev, { name: 'unseen' });
    await patch(id, { disabled: false });
    await createToken(app, app.dev, { name: 'seen' });
    expect(await list(id)).toHaveLength(1);
  });

  it('include a test event, and can be sent again', async () => {
    const { id } = await create();
    const tested = await act(`${id}/test`);
    const delivery = await jsonOf<Delivery>(tested);
    expect([tested.status, delivery]).toMatchObject([202, { event: 'webhook.test', status: 'pending' }]);
    expect(await list(id)).toEqual([delivery]);
    const retried = await act(`${id}/deliveries/${delivery.id}/retry`);
    expect([retried.status, await jsonOf(retried)]).toEqual([202, delivery]);
    const other = await create({ url: 'https://other.example.com/' });
    for (const path of [`${other.id}/deliveries/${delivery.id}/retry`, `${id}/deliveries/${other.id}/retry`]) {
      expect(await jsonOf(act(path))).toMatchObject({ status: 404, code: 'delivery-not-found' });
    }
    await patch(id, { disabled: true });
    for (const path of [`${id}/test`, `${id}/deliveries/${delivery.id}/retry`]) {
      expect(await jsonOf(act(path))).toMatchObject({ status: 409, code: 'webhook-disabled' });
    }
  });
});
