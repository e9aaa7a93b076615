import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { openConsole } from '../../helpers/console/pages.ts';

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

it('leads from the profile, and from the page of a member, to what is stored about them', async () => {
  for (const [as, page] of [
    [app.dev, '/profile'],
    [app.root, `/organization/team/${app.dev.id}`],
  ] as const) {
    const browser = openConsole(app, as);
    const { html } = await browser.get(page);
    const [, href = ''] = /href="([^"]*\/data)"/.exec(html) ?? [];
    const { status, html: text } = await browser.get(href);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({ account: [{ id: app.dev.id }] });
  }
});

it('is not shown to an auditor on the page of another member', async () => {
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  const { status, html } = await openConsole(app, auditor).get(`/organization/team/${app.dev.id}`);
  expect(status).toBe(200);
  expect(html).not.toContain('/data"');
});
