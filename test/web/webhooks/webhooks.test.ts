import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp } from '../../helpers/app/app.ts';
import { messageAt, openConsole, textOf } from '../../helpers/console/pages.ts';
import { addWebhook } from '../../store/contract/webhooks/webhooks.ts';

const page = '/organization/webhooks';
const firstPage = { limit: 9, before: null };

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  return { app, browser: openConsole(app, app.root) };
}

const filled = {
  url: 'https://hooks.example.com/tokens',
  events: 'token.*\r\n\r\nsession.failed\r\n',
  format: 'slack',
  description: 'To the team',
};

it('creates a webhook, shows its secret once, and lists it', async () => {
  const { app, browser } = await open();
  expect(textOf((await browser.get(page)).html)).toContain('There are no webhooks.');
  await browser.get(`${page}?dialog=add`);
  const { status, html } = await browser.submit(page, filled);
  const [webhook] = await app.store.webhooks.list(firstPage);
  const secrets = await app.store.webhooks.secretsOf(webhook?.id ?? '');
  expect([status, html.includes(`value="${secrets?.secret}"`)]).toEqual([200, true]);
  expect(webhook).toMatchObject({ ...filled, events: ['session.failed', 'token.*'] });
  for (const path of [page, `${page}/${webhook?.id}`, `${page}/${webhook?.id}?dialog=edit`]) {
    const shown = (await browser.get(path)).html;
    expect(shown).not.toContain('whsec_');
    expect(textOf(shown)).toMatch(/hooks\.example\.com\/tokens.* session\.failed, token\.\*/);
  }
});

it('shows the form with its values again if a field is wrong, and changes nothing', async () => {
  const { app, browser } = await open();
  const { id } = await addWebhook(app.store, { url: 'https://taken.example.com/' });
  const wrong = [
    [{ url: 'http://hooks.example.com/' }, 'Use https://', 400],
    [{ url: 'https://10.0.0.1/' }, '10.0.0.1 is an internal address.', 400],
    [{ url: 'https://taken.example.com/' }, 'There is already a webhook with this URL.', 409],
    [{ events: 'token.*\nnothing' }, 'An event is the name of an audit action', 400],
    [{ events: '' }, 'Name at least one event.', 400],
  ] as const;
  for (const [fields, message, expected] of wrong) {
    await browser.get(`${page}?dialog=add`);
    const { status, html } = await browser.submit(page, { ...filled, ...fields });
    expect([status, textOf(html).includes(message)], message).toEqual([expected, true]);
    expect(html).toContain('value="To the team"');
  }
  expect((await app.store.webhooks.list(firstPage)).map((webhook) => webhook.id)).toEqual([id]);
});

it('edits only what the form changed', async () => {
  const { app, browser } = await open();
  const { id } = await addWebhook(app.store, { description: 'Before' });
  const path = `${page}/${id}`;
  const { html } = await browser.get(`${path}?dialog=edit`);
  const shown = Object.fromEntries(
    [...html.matchAll(/name="(shown_\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
  await app.store.webhooks.edit(id, { format: 'slack', changedAt: app.clock.now() });
  const form = { ...shown, url: shown.shown_url, events: 'user.*', format: 'standard', description: 'Before' };
  const { status, location } = await browser.submit(`${path}/edit`, form as Record<string, string>);
  expect([status, location]).toEqual([303, messageAt(path, 'webhook-changed')]);
  expect(await app.store.webhooks.findById(id)).toMatchObject({ events: ['user.*'], format: 'slack' });
});

it('tests, sends again, disables, enables, rotates and deletes', async () => {
  const { app, browser } = await open();
  const { id } = await addWebhook(app.store, { events: ['token.created'] });
  const path = `${page}/${id}`;
  const post = async (action: string) => {
    await browser.get(path);
    return browser.submit(`${path}/${action}`, {});
  };
  await createToken(app, app.dev, { name: 'ci' });
  expect((await post('test')).location).toEqual(messageAt(path, 'webhook-tested'));
  const [tested, created] = await app.store.deliveries.list({ ...firstPage, webhookId: id });
  expect([tested?.event, created?.event]).toEqual(['webhook.test', 'token.created']);
  expect(textOf((await browser.get(path)).html)).toMatch(/webhook\.test .* pending 0 token\.created/);
  expect(textOf((await browser.get(`${path}?status=failed`)).html)).toContain('No delivery has failed.');
  const lease = { webhookId: id, leaseId: 'worker' };
  await app.store.deliveries.claim({ ...lease, now: app.clock.now(), leaseMs: 1000, limit: 9 });
  await app.store.deliveries.giveUp(lease, created?.id ?? '', 'Gone');
  expect((await post(`deliveries/${created?.id}/retry`)).location).toEqual(messageAt(path, 'delivery-retried'));
  expect((await post('disable')).location).toEqual(messageAt(path, 'webhook-disabled'));
  expect(textOf((await browser.get(path)).html)).not.toContain('Send');
  expect((await post('enable')).location).toEqual(messageAt(path, 'webhook-enabled'));
  const before = await app.store.webhooks.secretsOf(id);
  await browser.get(`${path}?dialog=rotate-secret`);
  const { html } = await browser.submit(`${path}/rotate-secret`, {});
  const after = await app.store.webhooks.secretsOf(id);
  expect(after?.previousSecret).toBe(before?.secret);
  expect(html).toContain(`value="${after?.secret}"`);
  await browser.get(`${path}?dialog=delete`);
  expect((await browser.submit(`${path}/delete`, {})).location).toEqual(messageAt(page, 'webhook-deleted'));
  expect((await browser.get(path)).status).toBe(404);
});

it('retries no delivery of another webhook', async () => {
  const { app, browser } = await open();
  const one = await addWebhook(app.store, { url: 'https://one.example.com/', events: [] });
  const other = await addWebhook(app.store, { url: 'https://other.example.com/', events: [] });
  const at = app.clock.now();
  const { id: delivery } = await app.store.deliveries.queueTest(other.id, { id: app.root.id, at });
  const lease = { webhookId: other.id, leaseId: 'of the test' };
  await app.store.deliveries.claim({ ...lease, now: at, leaseMs: 1000, limit: 1 });
  await app.store.deliveries.markDelivered(lease, [delivery], at);
  const { html } = await browser.get(`${page}/${other.id}`);
  const form_token = /name="form_token" value="([^"]*)"/.exec(html)?.[1] ?? '';
  const retry = (webhook: string) => browser.post(`${page}/${webhook}/deliveries/${delivery}/retry`, { form_token });
  const status = async () =>
    (await app.store.deliveries.list({ ...firstPage, webhookId: other.id })).map((one) => one.status);
  expect((await retry(one.id)).status).toBe(404);
  expect(await status()).toEqual(['delivered']);
  expect((await retry(other.id)).status).toBe(303);
  expect(await status()).toEqual(['pending']);
});

it('ends the page with the history of the webhook, in which URLs are cut to their server', async () => {
  const { app, browser } = await open();
  await browser.get(`${page}?dialog=add`);
  await browser.submit(page, filled);
  await browser.get(`${page}?dialog=add`);
  await browser.submit(page, { ...filled, url: 'https://elsewhere.example.com/' });
  const webhooks = await app.store.webhooks.list(firstPage);
  const id = webhooks.find(({ url }) => url === filled.url)?.id;
  await browser.get(`${page}/${id}?dialog=edit`);
  await browser.submit(`${page}/${id}/edit`, { ...filled, url: 'https://hooks.example.com/secret', events: 'user.*' });
  const { html } = await browser.get(`${page}/${id}`);
  const history = textOf(html.slice(html.indexOf('id="history"')));
  expect(history).toMatch(
    /changed the webhook to .*hooks\.example\.com.*Events: added user\.\*.*created the webhook to/,
  );
  expect(history).not.toMatch(/elsewhere|secret/);
});

it('offers superusers to repeat what failed, and to send again what was delivered, but nothing before the first attempt', async () => {
  const { app, browser } = await open();
  const auditor = openConsole(app, await app.addMember({ email: 'auditor@example.com', auditor: true }));
  const { id } = await addWebhook(app.store, { events: ['token.created'] });
  for (const name of ['arrived', 'failed', 'delayed']) await createToken(app, app.dev, { name });
  const lease = { webhookId: id, leaseId: 'worker' };
  const now = app.clock.now();
  const [arrived, failed, delayed] = await app.store.deliveries.claim({ ...lease, now, leaseMs: 1000, limit: 3 });
  await app.store.deliveries.markDelivered(lease, [arrived?.id ?? ''], now);
  await app.store.deliveries.giveUp(lease, failed?.id ?? '', 'Gone');
  await app.store.deliveries.retryLater(lease, delayed?.id ?? '', { dueAt: now + 1000, error: 'Busy' });
  await createToken(app, app.dev, { name: 'new' });
  const rows = async (reader: typeof browser) => {
    const { html } = await reader.get(`${page}/${id}`);
    const found = [...html.matchAll(/<tr><th scope="row">token\.created.*?<\/tr>/gs)];
    return found
      .map(([row]) => /(pending|delivered|failed) .*?\d(?: (?:Retry|Send again))?/.exec(textOf(row))?.[0])
      .sort();
  };
  expect(await rows(browser)).toEqual([
    'delivered 1 Send again',
    'failed Gone 1 Retry',
    'pending 0',
    'pending Busy 1 Retry',
  ]);
  expect(await rows(auditor)).toEqual(['delivered 1', 'failed Gone 1', 'pending 0', 'pending Busy 1']);
});

it('shows an auditor the webhook with the server of its URL, its deliveries and its history', async () => {
  const { app, browser } = await open();
  const auditor = openConsole(app, await app.addMember({ email: 'auditor@example.com', auditor: true }));
  expect(textOf((await auditor.get(page)).html)).toContain('A superuser creates one');
  await browser.get(`${page}?dialog=add`);
  await browser.submit(page, { ...filled, description: '' });
  const [webhook] = await app.store.webhooks.list(firstPage);
  const path = `${page}/${webhook?.id}`;
  expect(textOf((await auditor.get(path)).html)).toContain('Nothing was sent yet.');
  expect(textOf((await auditor.get(path)).html)).not.toContain('Send a test event');
  await createToken(app, app.dev, { name: 'ci' });
  for (const [reader, shown] of [
    [auditor, 'https://hooks.example.com/…'],
    [browser, filled.url],
  ] as const) {
    expect((await reader.get(page)).html).toContain(`<bdi>${shown}</bdi>`);
    const { html } = await reader.get(path);
    expect(html).toContain(`<bdi>${shown}</bdi>`);
    expect(html.includes('Only superusers see the rest')).toBe(reader === auditor);
    expect(textOf(html)).toMatch(/token\.created .* pending 0 .*History .*created the webhook to/);
  }
});
