import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTestApp, type TestApp, verdict } from '../../helpers/app/app.ts';
import { type Browser, openConsole, textOf } from '../../helpers/console/pages.ts';

const tokens = '/profile/api-tokens';
let app: TestApp;
let browser: Browser;
beforeEach(async () => {
  app = await openTestApp();
  browser = openConsole(app, app.dev);
});
afterEach(() => app.close());

async function createCanary(fields: Record<string, string> = {}) {
  await browser.get(`${tokens}?dialog=create`);
  return browser.submit(tokens, { name: 'backup-server', expires: 'never', canary: 'true', ...fields });
}

it('creates a canary with the checkbox, marks it, and offers neither a rotation nor narrower rules', async () => {
  const { html } = await createCanary();
  const value = /tok_[0-9A-Za-z]{38}/.exec(html)?.[0] ?? '';
  expect(await verdict(app, value)).toBe('unknown');
  const list = await browser.get(tokens);
  expect(textOf(list.html)).toMatch(/backup-server canary never expires/);
  const [token] = await app.store.tokens.list({ limit: 1, before: null, ownerId: app.dev.id, now: app.clock.now() });
  expect(token).toMatchObject({ name: 'backup-server', canary: true });
  const page = await browser.get(`${tokens}/${token?.id}`);
  expect(textOf(page.html)).toContain('It is a canary: its value never works.');
  for (const dialog of ['rotate', 'narrow']) expect(page.html).not.toContain(`dialog=${dialog}"`);
  expect(page.html).toContain('dialog=edit"');
});

it('keeps the checkbox when the form has a mistake', async () => {
  const { status, html } = await createCanary({ name: '' });
  expect(status).toBe(400);
  expect(html).toMatch(/<input[^>]*name="canary"[^>]*checked/);
});
