import { describe, expect, it, onTestFinished } from 'vitest';
import { usePage } from '../../../server/web/shell/page-context.ts';
import { openTestApp } from '../../helpers/app/app.ts';
import { formsOf, openConsole } from '../../helpers/console/pages.ts';
import { slowPages } from '../../helpers/console/slow-page.tsx';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  return app;
}

describe('the page context', () => {
  it('belongs to one request when two members load their tokens at the same time', async () => {
    const app = await open();
    // Holds each query until both requests have sent theirs, then runs the queries in reverse order.
    const list = app.store.tokens.list;
    const waiting: Array<() => void> = [];
    app.store.tokens.list = async (query) => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 2) for (const release of waiting.splice(0).reverse()) release();
      });
      return list(query);
    };
    const members = [app.root, app.dev];
    for (let round = 0; round < 5; round += 1) {
      const pages = await Promise.all(members.map((member) => openConsole(app, member).get('/profile/api-tokens')));
      const emails = pages.map(({ html }) => /aria-label="Account of ([^"]*)"/.exec(html)?.[1]);
      expect(emails).toEqual(members.map(({ email }) => email));
      expect(new Set(pages.map(({ html }) => formsOf(html)[0]?.hidden.form_token)).size).toBe(2);
    }
  });

  it('belongs to one request when async components of two pages wait for each other', async () => {
    const app = await open();
    const found = await Promise.all(
      [app.root, app.dev].map(({ session }) => app.services.sessions.authenticate(session)),
    );
    const members = found.filter((member) => member !== null);
    expect(members).toHaveLength(2);
    const pages = slowPages(members);
    await Promise.all(
      members.map(async ({ user: { email } }) => {
        const html = await (await pages.request(`/${email}`)).text();
        expect(html).toContain(`<p>${email} ${email} request of ${email}<input`);
        expect(html.match(/form token of [\w.@]+/g)).toEqual(Array(5).fill(`form token of ${email}`));
        expect(new Set(html.match(/[\w.]+@example\.com/g))).toEqual(new Set([email]));
      }),
    );
  });

  it('is not available outside a page', () => {
    expect(() => usePage()).toThrow('rendered without c.render');
  });
});
