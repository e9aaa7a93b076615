import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp } from '../../../helpers/app/app.ts';
import { openConsole, textOf } from '../../../helpers/console/pages.ts';
import { addApp } from '../../../http/tokens/rules/gate.ts';

async function open(more: Record<string, unknown> = {}) {
  const app = await openTestApp();
  onTestFinished(app.close);
  await addApp(app, 'wiki');
  await addApp(app, 'grafana');
  const rules = { apps: ['wiki'], allow: ['GET,HEAD /api/**'], networks: ['203.0.113.0/24'], ...more };
  const token = await createToken(app, app.dev, { name: 'ci', ...rules });
  const path = `/profile/api-tokens/${token.id}`;
  const browser = openConsole(app, app.dev);
  const test = async (fields: Record<string, string>) => {
    // The link on the page opens the form.
    expect((await browser.get(path)).html).toContain(`href="${path}?test=request"`);
    expect((await browser.get(`${path}?test=request`)).html).toMatch(/name="method"[^>]* autofocus/);
    const { status, html } = await browser.submit(`${path}/test#test`, {
      method: '',
      path: '',
      ip: '',
      app: '',
      ...fields,
    });
    return { status, html, text: textOf(html) };
  };
  return { app, token, path, test };
}

it.each([
  [
    { method: 'GET', path: '/api/builds?page=2' },
    'Allowed, if it is for an app that the token may be used for and it comes from a network that the token may be used from. Decided by Allowed: GET,HEAD /api/** Not checked: Apps, Networks.',
  ],
  [
    { method: 'GET', path: '/api', app: 'wiki' },
    'Allowed, if it comes from a network that the token may be used from. Decided by Allowed: GET,HEAD /api/** Not checked: Networks.',
  ],
  [{ method: 'POST', path: '/api/builds' }, 'Denied: Method not allowed. Decided by Allowed: GET,HEAD /api/**'],
  [{ method: 'GET', path: '/builds' }, 'Denied: Path not allowed. Decided by Allowed: GET,HEAD /api/**'],
  [{ method: 'GET', path: '/api', ip: '198.51.100.7' }, 'Denied: Network not allowed. Decided by From: 203.0.113.0/24'],
  [{ method: 'GET', path: '/api', app: 'grafana' }, 'Denied: App not allowed. Decided by App: wiki'],
  [{ method: 'GET', path: '/api', app: 'wiki', ip: '203.0.113.9' }, 'Allowed. Decided by Allowed: GET,HEAD /api/**'],
])('says what verification decides about %o, and keeps the fields', async (fields, verdict) => {
  const { test } = await open();
  const { status, text, html } = await test(fields);
  expect(status).toBe(200);
  expect(text).toContain(verdict);
  for (const value of Object.values(fields)) expect(html).toContain(`value="${value}"`);
});

it('begins with what it does not need or do', async () => {
  const { app, path } = await open();
  const { html } = await openConsole(app, app.dev).get(`${path}?test=request`);
  expect(textOf(html)).toContain('Test a request Nothing is sent or recorded, and the value is not needed:');
});

it('names the rule that would deny a request, and none that decides, if the rules are only recorded', async () => {
  const { test } = await open({ enforce: false });
  const { text } = await test({ method: 'GET', path: '/api', app: 'wiki', ip: '198.51.100.7' });
  expect(text).toContain(
    'Allowed. Its rules are only recorded. If they were applied, the request would be denied: Network not allowed, by From: 203.0.113.0/24',
  );
  expect(text).not.toContain('Decided by');
});

it('names the status of a token that is not active', async () => {
  const { app, token, test } = await open();
  await app.ask(`/api/v1/tokens/${token.id}/pause`, { as: app.dev, json: {} });
  expect((await test({ method: 'GET', path: '/api' })).text).toContain(
    'Denied: Token paused. Decided by Status: paused',
  );
});

it('shows what is wrong with the fields', async () => {
  const { test } = await open();
  const { status, text } = await test({ method: 'GE T', path: 'api', ip: '<b>' });
  expect(status).toBe(400);
  expect(text).toContain('Enter an IP address such as 203.0.113.9');
  const wrong = await test({ method: 'GE T', path: 'api' });
  expect(wrong.text).toContain('method must be an HTTP method such as GET.');
  expect(wrong.text).toContain('path must start with');
});

it('records nothing: no use, no denied request, no event', async () => {
  const { app, token, test } = await open();
  const events = async () => (await app.store.audit.list({ limit: 100, before: null })).length;
  const before = await events();
  await test({ method: 'GET', path: '/api' });
  await test({ method: 'POST', path: '/api' });
  await app.services.deniedUses.flush();
  await app.services.recordUsage.flush();
  expect(await app.store.tokens.findById(token.id)).toMatchObject({ lastUse: null, lastDenied: null });
  expect(await events()).toBe(before);
});

it('is missing for auditors and other members, and there for a superuser', async () => {
  const { app, path } = await open();
  const request = { method: 'GET', path: '/api' };
  const superuser = openConsole(app, app.root);
  await superuser.get(`${path}?test=request`);
  expect(textOf((await superuser.submit(`${path}/test#test`, request)).html)).toContain('Allowed, if ');
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  const other = await app.addMember({ email: 'other@example.com' });
  const send = async (as: typeof other) => {
    const console = openConsole(app, as);
    const form_token = /name="form_token" value="([^"]*)"/.exec((await console.get('/logout')).html)?.[1] ?? '';
    return (await console.post(`${path}/test`, { ...request, form_token })).status;
  };
  for (const shown of [path, `${path}?test=request`]) {
    const page = await openConsole(app, auditor).get(shown);
    expect([page.status, textOf(page.html).includes('Test a request')]).toEqual([200, false]);
  }
  expect([await send(auditor), await send(other)]).toEqual([403, 404]);
});
