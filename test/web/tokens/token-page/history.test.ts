import { expect, it, onTestFinished } from 'vitest';
import { changeText } from '../../../../server/web/audit/history/change-texts.ts';
import { createToken, openTestApp } from '../../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../../helpers/app/service-accounts.ts';
import { openConsole, textOf } from '../../../helpers/console/pages.ts';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  return app;
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

it('has no events about other tokens, whatever their names, and none from before a transfer', async () => {
  const app = await open();
  const next = await app.addMember({ email: 'next@example.com', can_manage_tokens: true });
  const token = await createToken(app, app.dev, { name: 'ci', description: 'mine' });
  await createToken(app, next, { name: token.id });
  await createToken(app, next, { name: 'ci-other' });
  const owner = openConsole(app, app.dev);
  expect(historyOf((await owner.get(pathOf(token))).html).match(/created token/g)).toHaveLength(1);
  await createServiceAccount(app, 'deploy', { maintainers: [next] });
  const json = { to: 'deploy' };
  expect((await app.ask(`/api/v1/tokens/${token.id}/transfer`, { as: app.root, json })).status).toBe(200);
  await app.ask(`/api/v1/tokens/${token.id}/pause`, { as: app.root, json: {} });
  const maintainer = historyOf((await openConsole(app, next).get(pathOf(token))).html);
  expect(maintainer).toContain('root@example.com paused token ci');
  expect(maintainer).not.toContain('dev@example.com');
  expect((await owner.get(pathOf(token))).status).toBe(404);
  const all = historyOf((await openConsole(app, app.root).get(pathOf(token))).html);
  expect(all).toContain('dev@example.com created token ci');
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
  ['expires_at', null, '2027-06-01T12:00:00.000Z', 'never', '1 Jun 2027'],
  [
    'expires_at',
    '2027-06-01T12:00:00.000Z',
    '2027-06-01T23:59:59.999Z',
    '1 Jun 2027, 12:00 UTC',
    '1 Jun 2027, 23:59 UTC',
  ],
  ['self_rotate', false, true, 'no', 'yes'],
  ['networks', null, '10.0.0.0/8\n192.0.2.1', 'none', '10.0.0.0/8, 192.0.2.1'],
  ['something_new', 'a', 'b', 'a', 'b'],
] as const)('puts a change of %s into words', (field, from, to, before, after) => {
  expect(changeText({ field, from, to }).values).toEqual({ from: before, to: after });
});
