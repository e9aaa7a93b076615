import { expect, it, onTestFinished } from 'vitest';
import { changeText } from '../../../../server/web/audit/history/change-texts.ts';
import { createToken, openTestApp, type TestApp } from '../../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../../helpers/app/service-accounts.ts';
import { openConsole, textOf } from '../../../helpers/console/pages.ts';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  return app;
}

/** A token that a superuser gave from dev to the service account `deploy`, which `next` maintains. */
async function transferred(app: TestApp) {
  const next = await app.addMember({ email: 'next@example.com', can_manage_tokens: true });
  const token = await createToken(app, app.dev, { name: 'ci', description: 'mine' });
  await app.ask(`/api/v1/tokens/${token.id}`, { method: 'PATCH', as: app.dev, json: { description: 'private' } });
  await createServiceAccount(app, 'deploy', { maintainers: [next] });
  const given = await app.ask(`/api/v1/tokens/${token.id}/transfer`, { as: app.root, json: { to: 'deploy' } });
  expect(given.status).toBe(200);
  return { token, next };
}

const pathOf = ({ id }: { id: string }) => `/profile/api-tokens/${id}`;
const historyOf = (html: string) => textOf(html.slice(html.indexOf('id="history"')));

it('ends with what happened to the token, with changes in words', async () => {
  const app = await open();
  const token = await createToken(app, app.dev, { name: 'ci', expires_in: 30 * 86_400, allow: ['GET /a', 'GET /b'] });
  const changes = { expires_at: '2027-06-01T12:00:00Z', allow: ['GET /a', 'PUT /<b>'], description: 'builds' };
  await app.ask(`/api/v1/tokens/${token.id}`, { method: 'PATCH', as: app.dev, json: changes });
  await app.ask(`/api/v1/tokens/${token.id}/pause`, { as: app.root, json: {} });
  const { html } = await openConsole(app, app.dev).get(pathOf(token));
  const text = historyOf(html);
  expect(text).toContain('Expires: 23 Dec 2026 → 1 Jun 2027');
  expect(text).toContain('Allowed requests: added PUT /<b> ; removed GET /b');
  expect(text).toContain('Description: none → builds');
  const sentences = [
    'root@example.com paused token ci',
    'dev@example.com changed token ci',
    'dev@example.com created token ci',
  ];
  expect(
    sentences.map((sentence) => text.indexOf(sentence)).every((place, index, all) => place > (all[index - 1] ?? -1)),
  ).toBe(true);
  expect(html).not.toContain('/organization/audit');
});

it('is there for superusers and auditors with a link to the audit log, and for the maintainers of a service account', async () => {
  const app = await open();
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  const token = await createAccountToken(app, app.root, 'ci', { name: 'deploy' });
  for (const reader of [app.root, auditor]) {
    const { html } = await openConsole(app, reader).get(pathOf(token));
    expect(historyOf(html)).toContain('root@example.com created token deploy');
    expect(html).toContain(`href="/organization/audit?target=${token.id}"`);
  }
  const { html } = await openConsole(app, app.dev).get(pathOf(token));
  expect(historyOf(html)).toContain('root@example.com created token deploy');
});

it('has no events about other tokens, whatever their names', async () => {
  const app = await open();
  const next = await app.addMember({ email: 'next@example.com', can_manage_tokens: true });
  const token = await createToken(app, app.dev, { name: 'ci', description: 'mine' });
  await createToken(app, next, { name: token.id });
  await createToken(app, next, { name: 'ci-other' });
  const { html } = await openConsole(app, app.dev).get(pathOf(token));
  expect(historyOf(html).match(/created token/g)).toHaveLength(1);
});

it('begins with the transfer for the new owner, on whichever page that is, and has all events for superusers', async () => {
  const app = await open();
  const { token, next } = await transferred(app);
  const browser = openConsole(app, next);
  const { html } = await browser.get(pathOf(token));
  const events = () => historyOf(html).match(/(paused|transferred|created|changed) token/g);
  expect(events()).toEqual(['transferred token']);
  expect(historyOf(html)).toContain('root@example.com transferred token ci to service-account:deploy');
  for (let index = 0; index < 20; index += 1) {
    const json = { description: `text ${index}` };
    await app.ask(`/api/v1/tokens/${token.id}`, { method: 'PATCH', as: next, json });
  }
  const first = (await browser.get(pathOf(token))).html;
  expect(historyOf(first)).not.toContain('transferred');
  const older = /href="([^"]*history=[^"#]*)#history"/.exec(first)?.[1] ?? '';
  const last = (await browser.get(older)).html;
  expect(historyOf(last).match(/(changed|transferred|created) token/g)).toEqual(['transferred token']);
  expect(last).not.toContain('Older events');
  const all = historyOf((await openConsole(app, app.root).get(`${pathOf(token)}?history=`)).html);
  expect(all).toContain('changed token');
  const { html: audit } = await openConsole(app, app.root).get(
    `/organization/audit?target=${token.id}&action=token.created`,
  );
  expect(textOf(audit)).toContain('created token ci');
});

it('is that of the present owner only, after several transfers', async () => {
  const app = await open();
  const { token, next } = await transferred(app);
  await app.ask(`/api/v1/tokens/${token.id}/pause`, { as: next, json: {} });
  const last = await app.addMember({ email: 'last@example.com', can_manage_tokens: true });
  await createServiceAccount(app, 'other', { maintainers: [last] });
  await app.ask(`/api/v1/tokens/${token.id}/transfer`, { as: app.root, json: { to: 'other' } });
  const { html } = await openConsole(app, last).get(pathOf(token));
  expect(historyOf(html).match(/(paused|transferred|created) token/g)).toEqual(['transferred token']);
  expect(historyOf(html)).toContain('to service-account:other');
});

it('leaves the former owner a page about the transfer, and others the same answer as for an unknown token', async () => {
  const app = await open();
  const { token, next } = await transferred(app);
  const former = await openConsole(app, app.dev).get(pathOf(token));
  expect(former.status).toBe(200);
  expect(textOf(former.html)).toContain(
    'root@example.com transferred token ci to service-account:deploy on 23 Nov 2026',
  );
  expect(former.html).not.toContain('dialog=');
  expect(former.html).not.toContain(token.prefix);
  const problem = async (as: typeof next, id: string) => (await app.ask(`/api/v1/tokens/${id}`, { as })).json();
  expect(await problem(app.dev, token.id)).toMatchObject({
    code: 'token-not-found',
    detail: 'ci was transferred to service-account:deploy at 2026-11-23T16:20:00.000Z.',
  });
  const stranger = await app.addMember({ email: 'stranger@example.com', can_manage_tokens: true });
  const unknown = '01940000-0000-7000-8000-000000000000';
  expect((await openConsole(app, stranger).get(pathOf(token))).status).toBe(404);
  const withoutIds = (body: unknown) => JSON.stringify(body).replace(/"(instance|request_id)":"[^"]*"/g, '');
  expect(withoutIds(await problem(stranger, token.id))).toBe(withoutIds(await problem(stranger, unknown)));
});

it('leads to older events', async () => {
  const app = await open();
  const token = await createToken(app, app.dev, { name: 'ci' });
  for (let index = 0; index < 22; index += 1) {
    const json = { description: `text ${index}` };
    await app.ask(`/api/v1/tokens/${token.id}`, { method: 'PATCH', as: app.dev, json });
  }
  const browser = openConsole(app, app.dev);
  const { html } = await browser.get(pathOf(token));
  expect(historyOf(html)).not.toContain('created token');
  const older = /href="([^"]*history=[^"#]*)#history"/.exec(html)?.[1] ?? '';
  const last = historyOf((await browser.get(older)).html);
  expect(last).toContain('created token ci');
  expect(last).not.toContain('text 21');
  expect((await browser.get(`${pathOf(token)}?history=nonsense`)).status).toBe(400);
});

it.each([
  ['expires_at', null, '2027-06-01T12:00:00.000Z', 'never', { at: Date.UTC(2027, 5, 1, 12), form: 'date' }],
  [
    'expires_at',
    '2027-06-01T12:00:00.000Z',
    '2027-06-01T23:59:59.999Z',
    { at: Date.UTC(2027, 5, 1, 12), form: 'minute' },
    { at: Date.UTC(2027, 5, 1, 23, 59, 59, 999), form: 'minute' },
  ],
  ['self_rotate', false, true, 'no', 'yes'],
  ['networks', null, '10.0.0.0/8\n192.0.2.1', 'any', '10.0.0.0/8, 192.0.2.1'],
  ['allow', 'GET /a', null, 'GET /a', 'any'],
  ['apps', null, '', 'any', 'none'],
  ['description', null, 'builds', 'none', 'builds'],
  ['preflight', 'deny', 'pass', 'need a token', 'reach the app without a token'],
  ['something_new', 'a', 'b', 'a', 'b'],
] as const)('puts a change of %s into words', (field, from, to, before, after) => {
  expect(changeText({ field, from, to }).values).toEqual({ from: before, to: after });
});

it('has changes of an expiry as times, which the script of the page shows in the zone of the others', async () => {
  const app = await open();
  const token = await createToken(app, app.dev, { name: 'ci', expires_in: 30 * 86_400 });
  const json = { expires_at: '2027-06-01T12:00:00Z' };
  await app.ask(`/api/v1/tokens/${token.id}`, { method: 'PATCH', as: app.dev, json });
  const browser = openConsole(app, app.dev);
  const { html } = await browser.get(pathOf(token));
  const history = html.slice(html.indexOf('id="history"'));
  expect(history).toMatch(
    /Expires:.*<time datetime="2026-12-23T[^"]*" data-form="date".*→.*<time datetime="2027-06-01T12:00:00.000Z" data-form="date"/s,
  );
  const dialog = (await browser.get(`${pathOf(token)}?dialog=edit`)).html;
  expect(dialog).toContain('The token expires on <time datetime="2027-06-01T12:00:00.000Z" data-form="minute">');
});
