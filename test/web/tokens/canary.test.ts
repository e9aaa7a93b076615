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
  expect(textOf(list.html)).toMatch(/backup-server canary canary – not needed never/);
  const [token] = await app.store.tokens.list({ limit: 1, before: null, ownerId: app.dev.id, now: app.clock.now() });
  expect(token).toMatchObject({ name: 'backup-server', canary: true });
  const page = await browser.get(`${tokens}/${token?.id}`);
  expect(textOf(page.html)).toContain('Status canary It is a canary: its value never works.');
  expect(page.html).not.toContain('<dt>Expires</dt>');
  for (const dialog of ['rotate', 'narrow']) expect(page.html).not.toContain(`dialog=${dialog}"`);
  expect(page.html).toContain('dialog=edit"');
});

it('pauses a canary on its page only, and says that this stops the mails', async () => {
  await createCanary();
  const [token] = await app.store.tokens.list({ limit: 1, before: null, ownerId: app.dev.id, now: app.clock.now() });
  const page = `${tokens}/${token?.id}`;
  expect((await browser.get(page)).html).toContain('dialog=pause"');
  const dialog = textOf((await browser.get(`${page}?dialog=pause`)).html);
  expect(dialog).toContain('Nobody gets a mail about uses of this canary until the pause ends.');
  expect(dialog).not.toContain('works again');
  const selected = `${tokens}/selected?action=pause&token=${token?.id}`;
  const asked = await browser.get(selected);
  expect(textOf(asked.html)).toContain(
    'No token to pause 1 canary stays as it is: a pause would only stop the mails about it. You can pause it on its page.',
  );
  await browser.get(`${page}?dialog=pause`);
  await browser.submit(`${page}/pause`, { for: '0' });
  expect(textOf((await browser.get(page)).html)).toContain('nobody gets a mail until the pause ends');
});

it('keeps the checkbox when the form has a mistake', async () => {
  const { status, html } = await createCanary({ name: '' });
  expect(status).toBe(400);
  expect(html).toMatch(/<input[^>]*name="canary"[^>]*checked/);
});

it('marks a canary that was used in the list, on its page and in the overview, and says which counts leave it out', async () => {
  await createCanary();
  await createCanary({ name: 'quiet' });
  const all = await app.store.tokens.list({ limit: 9, before: null, ownerId: app.dev.id, now: app.clock.now() });
  const used = all.find(({ name }) => name === 'backup-server');
  const use = { at: app.clock.now(), method: 'GET', path: '/repos', ip: '203.0.113.9', userAgent: null };
  await app.store.tokens.recordUses([{ tokenId: used?.id ?? '', ...use }]);
  const list = await browser.get(tokens);
  expect(list.html.match(/<span class="badge danger">canary used<\/span>/g)).toHaveLength(1);
  const line = (html: string) => textOf(/<p class="attention">.*?<\/p>/s.exec(html)?.[0] ?? '');
  expect(line(list.html)).toBe('2 tokens 2 of them canaries 1 canary was used');
  const page = await browser.get(`${tokens}/${used?.id}`);
  expect(textOf(page.html)).toContain('Status canary used It is a canary');
  expect(textOf(/<div class="note danger">.*?<\/div>/s.exec(page.html)?.[0] ?? '')).toMatch(
    /^Somebody presented this canary\. .*GET \/repos 203\.0\.113\.9 .*revoke this canary and plant a new one\.$/,
  );
  for (const [member, path] of [
    [app.dev, `${tokens}?canaries=used`],
    [app.root, '/organization/tokens?canaries=used'],
  ] as const) {
    const { html } = await openConsole(app, member).get('/overview');
    const alarm = /<li class="alarm">.*?<\/li>/s.exec(html)?.[0] ?? '';
    expect(textOf(alarm)).toMatch(/^1 canary was used/);
    expect(alarm).toContain(`href="${path}"`);
  }
  const quiet = all.find(({ name }) => name === 'quiet');
  expect((await browser.get(`${tokens}/${quiet?.id}`)).html).not.toContain('note danger');
});

it('says of a canary how often somebody presented it, tests no request with it, and warns of no outage when it is revoked', async () => {
  await createCanary();
  const [token] = await app.store.tokens.list({ limit: 1, before: null, ownerId: app.dev.id, now: app.clock.now() });
  app.services.useCounter.denied(token?.id ?? '', app.clock.now(), 'canary', 7);
  await app.services.recordUsage.flush();
  const page = textOf((await browser.get(`${tokens}/${token?.id}`)).html);
  expect(page).toContain('Somebody presented it 7 times in the last 30 days.');
  expect(page).not.toContain('Test a request');
  const revoke = textOf((await browser.get(`${tokens}/${token?.id}?dialog=revoke`)).html);
  expect(revoke).toContain('Nobody is told any more when somebody presents its value.');
  expect(revoke).not.toContain('stops working immediately');
});
