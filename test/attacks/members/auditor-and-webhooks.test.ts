import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CreatedWebhook, Webhook } from '../../../shared/schemas/webhooks.ts';
import { createToken, jsonOf, type Member, type TestApp } from '../../helpers/app/app.ts';
import { createServiceAccount, createTrust } from '../../helpers/app/service-accounts.ts';
import { openTestCliWithApp } from '../../helpers/cli/cli.ts';
import { openConsole } from '../../helpers/console/pages.ts';
import { rowsOf } from '../secrets/sqlite-rows.ts';

const server = 'https://hooks.chat.example';
const firstUrl = `${server}/services/T0-hush/B0-hush?key=hush-query`;
const secondUrl = `${server}/services/T1-hush`;

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let app: TestApp;
let auditor: Member;
let webhook: CreatedWebhook;
let delivery: string;
let trust: string;
beforeEach(async () => {
  cli = await openTestCliWithApp();
  app = cli.app;
  auditor = await app.addMember({ email: 'auditor@example.com', auditor: true, can_manage_tokens: true });
  const json = { url: firstUrl, events: ['*'] };
  webhook = await jsonOf(app.ask('/api/v1/webhooks', { as: app.root, json }));
  await createToken(app, app.dev, { name: 'ci' });
  await createServiceAccount(app, 'builds');
  trust = (await createTrust(app, { name: 'deploy', service_account: 'builds' })).id;
  await moveTo(secondUrl);
  await app.ask(`/api/v1/webhooks/${webhook.id}/secret`, { method: 'POST', as: app.root });
  delivery = await failOneDelivery();
});
afterEach(() => cli.close());

const moveTo = (url: string) =>
  app.ask(`/api/v1/webhooks/${webhook.id}`, { method: 'PATCH', as: app.root, json: { url } });

async function failOneDelivery(): Promise<string> {
  const lease = { webhookId: webhook.id, leaseId: 'of the test' };
  const [claimed] = await app.store.deliveries.claim({ ...lease, now: app.clock.now(), leaseMs: 1000, limit: 1 });
  await app.store.deliveries.giveUp(lease, claimed?.id ?? '', 'The receiver answered HTTP 500.');
  return claimed?.id ?? '';
}

/** Parts of the URLs, and of the secrets, which begin alike. */
const secrets = /hush|whsec_/;

const paths = () => [
  '/api/v1/webhooks',
  `/api/v1/webhooks/${webhook.id}`,
  `/api/v1/webhooks/${webhook.id}/deliveries`,
  '/api/v1/audit?limit=200',
  '/api/v1/trusts',
  `/api/v1/trusts/${trust}`,
];

const dialogs = ['add', 'create', 'edit', 'rotate-secret', 'delete'];
const pages = () => [
  '/organization/webhooks',
  `/organization/webhooks/${webhook.id}`,
  `/organization/webhooks/${webhook.id}?status=failed`,
  ...['/organization/webhooks', `/organization/webhooks/${webhook.id}`, `/organization/trusts/${trust}`].flatMap(
    (path) => dialogs.map((dialog) => `${path}?dialog=${dialog}`),
  ),
  '/organization/trusts?dialog=create',
  '/organization/audit',
  '/organization/audit.csv',
  '/organization/audit.json',
  `/organization/audit?target=${webhook.id}`,
  '/search?q=hush',
  '/search?q=hooks.chat.example',
  '/overview',
];

const commands = () => [
  ['webhooks', 'list'],
  ['webhooks', 'list', '--json'],
  ['webhooks', 'show', webhook.id],
  ['webhooks', 'show', webhook.id, '--json'],
  ['webhooks', 'deliveries', webhook.id],
  ['audit', '--json'],
];

it('reads webhooks, trusts and events, but neither a secret nor more than the server of a URL', async () => {
  for (const path of paths()) {
    const response = await app.ask(path, { as: auditor });
    const text = JSON.stringify([await response.text(), ...response.headers]);
    expect([path, response.status, secrets.exec(text)]).toEqual([path, 200, null]);
  }
  for (const path of pages()) {
    const { status, html, headers } = await openConsole(app, auditor).get(path);
    // The search shows what was searched for.
    const text = JSON.stringify([html, ...headers]).replaceAll(path.includes('q=hush') ? 'hush' : '\0', '');
    expect([path, status, secrets.exec(text)]).toEqual([path, 200, null]);
  }
  for (const argv of commands()) {
    const { code, stdout, stderr } = await cli.run(argv, cli.as(auditor));
    expect([argv, code, secrets.exec(stdout + stderr)]).toEqual([argv, 0, null]);
  }
  // A superuser reads the URL in these places.
  expect(await (await app.ask('/api/v1/webhooks', { as: app.root })).text()).toContain(secondUrl);
  expect((await openConsole(app, app.root).get('/organization/webhooks')).html).toContain(secondUrl);
});

it('learns nothing about the path of a URL from the ETag', async () => {
  const read = async (as: Member) => {
    const response = await app.ask(`/api/v1/webhooks/${webhook.id}`, { as });
    return [response.headers.get('etag'), (await jsonOf<Webhook>(response)).url];
  };
  const before = { auditor: await read(auditor), root: await read(app.root) };
  await moveTo(`${server}/services/T2-hush`);
  expect(await read(auditor)).toEqual(before.auditor);
  expect(before.auditor[1]).toBe(`${server}/…`);
  expect(await read(app.root)).not.toEqual(before.root);
});

/** Every way to change a webhook, a delivery or a trust. */
const changes = () => {
  const [hook, ofTrust] = [`/webhooks/${webhook.id}`, `/trusts/${trust}`];
  const trustBody = { name: 'mine', service_account: 'builds', issuer: 'https://id.example.com', claims: { sub: 'a' } };
  const api: Array<[method: string, path: string, json?: object]> = [
    ['POST', '/webhooks', { url: 'https://mine.example.com/', events: ['*'] }],
    ['PATCH', hook, { url: 'https://mine.example.com/' }],
    ['PATCH', hook, { disabled: true }],
    ['POST', `${hook}/test`],
    ['POST', `${hook}/secret`],
    ['POST', `${hook}/deliveries/${delivery}/retry`],
    ['DELETE', hook],
    ['POST', '/trusts', trustBody],
    ['PATCH', ofTrust, { claims: { sub: '*' } }],
    ['DELETE', ofTrust],
  ];
  const fields = { url: 'https://mine.example.com/', events: '*', format: 'standard', description: '' };
  const trustFields = { service_account: 'builds', issuer: 'https://id.example.com', claims: 'sub=a', ttl: '5m' };
  const forms: Array<[path: string, fields: Record<string, string>]> = [
    ['/webhooks', fields],
    [`${hook}/edit`, fields],
    ...['test', 'enable', 'disable', 'rotate-secret', 'delete'].map(
      (action) => [`${hook}/${action}`, {}] as [string, Record<string, string>],
    ),
    [`${hook}/deliveries/${delivery}/retry`, {}],
    ['/trusts', { name: 'mine', repository: 'acme/api', ...trustFields }],
    [`${ofTrust}/edit`, trustFields],
    [`${ofTrust}/delete`, {}],
  ];
  const argv = [
    ['webhooks', 'create', 'https://mine.example.com/', '--event', '*'],
    ['webhooks', 'edit', webhook.id, '--url', 'https://mine.example.com/'],
    ['webhooks', 'edit', webhook.id, '--disable'],
    ['webhooks', 'test', webhook.id],
    ['webhooks', 'rotate-secret', webhook.id],
    ['webhooks', 'retry', webhook.id, delivery],
    ['webhooks', 'delete', webhook.id, '--yes'],
    ['trusts', 'create', 'mine', '-s', 'builds', '--github', 'acme/api'],
    ['trusts', 'edit', 'deploy', '--ttl', '1m'],
    ['trusts', 'delete', 'deploy', '--yes'],
    ['export'],
  ];
  return { api, forms, argv };
};

/** Returns every row, without the times at which sessions were last used. */
async function stored() {
  const { sessions, ...tables } = await rowsOf(app.path);
  return { ...tables, sessions: sessions?.map(({ last_seen_at: _, ...session }) => session) };
}

it('changes no webhook, sends no event and changes no trust, whichever way they try', async () => {
  const browser = openConsole(app, auditor);
  const { html } = await browser.get('/logout');
  const [, form_token = ''] = /name="form_token" value="([^"]*)"/.exec(html) ?? [];
  const { api, forms, argv } = changes();
  const before = await stored();
  for (const [method, path, json] of api) {
    const response = await app.ask(`/api/v1${path}`, { method, as: auditor, ...(json && { json }) });
    const { code } = await jsonOf<{ code: string }>(response);
    expect([method, path, response.status, code]).toEqual([method, path, 403, 'superuser-required']);
  }
  for (const [path, fields] of forms) {
    const shown = await browser.post(`/organization${path}`, { form_token, ...fields });
    expect([path, shown.status, secrets.exec(shown.html)]).toEqual([path, 403, null]);
  }
  for (const words of argv) {
    const ran = await cli.run(words, cli.as(auditor));
    expect([words, ran.code, ran.stdout]).toEqual([words, 4, '']);
  }
  expect(await stored()).toEqual(before);
});

it('sees no dialog and no control that changes something', async () => {
  for (const path of pages().filter((page) => /webhooks|trusts/.test(page))) {
    const { html } = await openConsole(app, auditor).get(path);
    const main = html.slice(html.indexOf('<main'), html.indexOf('</main>'));
    // A button that copies a text changes nothing.
    const others = main.replaceAll(/<button type="button"[^>]* data-copy="[^"]*"/g, '');
    expect([path, /<(?:form|dialog|button)\b|dialog=/.exec(others)?.[0]]).toEqual([path, undefined]);
  }
});

it('reads no webhook and no trust from the first request after the role was removed', async () => {
  const json = { auditor: false };
  await app.ask(`/api/v1/users/${auditor.id}`, { method: 'PATCH', as: app.root, json });
  const statuses = await Promise.all(paths().map(async (path) => (await app.ask(path, { as: auditor })).status));
  // Lists of trusts and events then have what is the member's own.
  expect(statuses).toEqual([403, 403, 403, 200, 200, 404]);
  expect(await jsonOf(app.ask('/api/v1/trusts', { as: auditor }))).toMatchObject({ items: [] });
});
