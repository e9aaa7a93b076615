import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp } from '../../../helpers/app/app.ts';
import { openConsole, textOf } from '../../../helpers/console/pages.ts';
import { newDenied } from '../../../store/contract/records.ts';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const token = await createToken(app, app.dev, { name: 'ci-pipeline' });
  const use = { method: 'GET', path: '/builds/<b>', ip: '203.0.113.9', userAgent: 'curl/8.5.0' };
  await app.store.tokens.recordUses([{ tokenId: token.id, at: app.clock.now(), ...use }]);
  await app.ask(`/api/v1/tokens/${token.id}`, { as: app.root, method: 'DELETE' });
  return { app, token, path: `/profile/api-tokens/${token.id}` };
}

it('keeps the page of a token that ended: how, by whom, its last use, requests since and its history', async () => {
  const { app, token, path } = await open();
  const denied = newDenied(token.id, { at: app.clock.now(), reason: 'revoked', path: '/still/<i>' });
  await app.store.transaction((store) => store.usage.addDenied([denied], app.clock.now()));
  for (const reader of [app.dev, app.root]) {
    const { status, html } = await openConsole(app, reader).get(path);
    expect(status).toBe(200);
    const text = textOf(html);
    for (const shown of [
      ...['ci-pipeline was revoked by root@example.com on 23 November 2026.', token.prefix, 'GET /builds/<b>'],
      ...['Denied requests since it ended', 'GET /still/<i>', 'root@example.com revoked token ci-pipeline'],
    ]) {
      expect(text).toContain(shown);
    }
    expect(html).not.toMatch(/<[bi]>/);
    expect(html).not.toContain('dialog=');
  }
});

it('does not show it to others', async () => {
  const { app, path } = await open();
  const other = await app.addMember({ email: 'other@example.com', can_manage_tokens: true });
  const { status, html } = await openConsole(app, other).get(path);
  expect(status).toBe(404);
  expect(html).not.toContain('ci-pipeline');
});

it('lists tokens that ended: the own ones, and those of all owners by name and owner', async () => {
  const { app, token, path } = await open();
  const own = openConsole(app, app.dev);
  expect((await own.get('/profile/api-tokens')).html).toContain('href="/profile/api-tokens?status=revoked"');
  const listed = await own.get('/profile/api-tokens?status=revoked');
  expect(listed.html).toContain(`href="${path}"`);
  expect(textOf(listed.html)).toContain('by root@example.com');
  expect(textOf((await own.get('/profile/api-tokens?status=revoked&q=other')).html)).toContain(
    'No token that ended matches.',
  );
  const all = openConsole(app, app.root);
  const get = async (query: string) => all.get(`/organization/tokens?status=revoked${query}`);
  for (const query of ['', '&q=PIPE', '&owner=dev@example.com']) {
    const { html } = await get(query);
    expect(html).toContain(`href="${path}"`);
    expect(html).toContain(token.prefix);
  }
  expect((await get('&owner=root@example.com')).html).not.toContain(token.prefix);
  const wrong = await get('&owner=nobody@example.com');
  expect([wrong.status, wrong.html.includes(token.prefix)]).toEqual([400, false]);
  expect((await openConsole(app, app.dev).get('/organization/tokens?status=revoked')).status).toBe(403);
});
