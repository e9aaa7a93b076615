import { expect, it, onTestFinished } from 'vitest';
import { jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { messageAt, openConsole, textOf } from '../../helpers/console/pages.ts';

const page = '/organization/clients';
const firstPage = { limit: 9, before: null };

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  return { app, auditor, browser: openConsole(app, app.root) };
}

const addClient = (app: TestApp, name: string, rights = {}) =>
  jsonOf<{ id: string; client_id: string; client_secret: string }>(
    app.ask('/api/v1/clients', { as: app.root, json: { name, ...rights } }),
  );

const secretIn = (html: string) => /id="value"[^>]* value="([^"]*)"/.exec(html)?.[1] ?? '';

it('creates a client, shows its secret once in the value dialog, and lists it', async () => {
  const { app, browser } = await open();
  expect(textOf((await browser.get(page)).html)).toContain('There are no clients.');
  await browser.get(`${page}?dialog=create`);
  const { status, html } = await browser.submit(page, { name: 'api-gateway', can_revoke: 'yes' });
  const [client] = await app.store.clients.list(firstPage);
  expect([status, client]).toMatchObject([200, { name: 'api-gateway', canRevoke: true, canReport: false }]);
  const secret = secretIn(html);
  expect(html).toContain('data-modal');
  expect(await app.services.clients.authenticate(client?.clientId ?? '', secret)).toEqual(client);
  for (const path of [page, `${page}/${client?.id}`, `${page}/${client?.id}?dialog=edit`]) {
    const shown = (await browser.get(path)).html;
    expect(shown).not.toContain(secret);
    expect(shown).not.toContain(client?.secretHash);
    expect(textOf(shown)).toMatch(/api-gateway.*client_.*introspect tokens, revoke tokens/);
  }
});

it('shows the form with its values again if a name is wrong or taken', async () => {
  const { app, browser } = await open();
  await addClient(app, 'taken');
  for (const [name, message, expected] of [
    ['', 'Nothing was created. Correct the fields below.', 400],
    ['Taken', 'There is already a client with this name.', 409],
  ] as const) {
    await browser.get(`${page}?dialog=create`);
    const { status, html } = await browser.submit(page, { name, can_report: 'yes' });
    expect([status, textOf(html).includes(message)], name).toEqual([expected, true]);
    expect(html).toMatch(/name="can_report"[^>]* checked/);
  }
  expect(await app.store.clients.list(firstPage)).toHaveLength(1);
});

it('edits only the rights that the form changed', async () => {
  const { app, browser } = await open();
  const { id } = await addClient(app, 'gateway', { can_revoke: true });
  await browser.get(`${page}/${id}?dialog=edit`);
  // Somebody else takes the right to revoke away in the meantime.
  await app.ask(`/api/v1/clients/${id}`, { method: 'PATCH', as: app.root, json: { can_revoke: false } });
  const form = { can_revoke: 'yes', can_report: 'yes' };
  const { location } = await browser.submit(`${page}/${id}/edit`, form);
  expect(location).toEqual(messageAt(`${page}/${id}`, 'client-changed'));
  expect(await app.store.clients.findById(id)).toMatchObject({ canRevoke: false, canReport: true });
  // A box that is not checked is not sent.
  await browser.get(`${page}/${id}?dialog=edit`);
  await browser.submit(`${page}/${id}/edit`, { shown: 'yes', shown_can_report: 'yes', can_report: '' });
  expect(await app.store.clients.findById(id)).toMatchObject({ canRevoke: false, canReport: false });
});

it('rotates the secret, after which the old one is rejected', async () => {
  const { app, browser } = await open();
  const client = await addClient(app, 'gateway');
  expect(textOf((await browser.get(`${page}/${client.id}?dialog=rotate-secret`)).html)).toContain(
    'The old secret stops working immediately. Until the client has the new one, its requests are denied,',
  );
  const { html } = await browser.submit(`${page}/${client.id}/rotate-secret`, {});
  const { clients } = app.services;
  expect(await clients.authenticate(client.client_id, secretIn(html))).toMatchObject({ id: client.id });
  expect(await clients.authenticate(client.client_id, client.client_secret)).toBeNull();
});

it('deletes a client', async () => {
  const { app, browser } = await open();
  const client = await addClient(app, 'gateway');
  await browser.get(`${page}/${client.id}?dialog=delete`);
  const { location } = await browser.submit(`${page}/${client.id}/delete`, {});
  expect(location).toEqual(messageAt(page, 'client-deleted'));
  expect(await app.store.clients.list(firstPage)).toEqual([]);
  expect((await browser.get(`${page}/${client.id}`)).status).toBe(404);
  expect((await browser.get(`${page}/nonsense`)).status).toBe(404);
});

it('ends the page of a client with its history, and not that of another', async () => {
  const { app, auditor, browser } = await open();
  const { id } = await addClient(app, 'gateway');
  const other = await addClient(app, 'scanner');
  for (const path of [id, other.id])
    await app.ask(`/api/v1/clients/${path}`, { method: 'PATCH', as: app.root, json: { can_report: true } });
  for (const reader of [browser, openConsole(app, auditor)]) {
    const { html } = await reader.get(`${page}/${id}`);
    const history = textOf(html.slice(html.indexOf('id="history"')));
    expect(history).toMatch(
      /root@example.com changed client gateway May report leaked values: no → yes.*created client gateway/,
    );
    expect(history).not.toContain('scanner');
    expect(textOf(html)).toContain(`If it is lost, ${reader === browser ? 'rotate it' : 'a superuser can rotate it'}.`);
    expect(html).toContain(`href="/organization/audit?target=${id}"`);
  }
});
