import { parse } from 'csv-parse/sync';
import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp } from '../../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../../helpers/app/service-accounts.ts';
import { openConsole, sessionCookieName, textOf } from '../../../helpers/console/pages.ts';
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
      ...['ci-pipeline was revoked by root@example.com on 23 Nov 2026 .', token.prefix, 'GET /builds/<b>'],
      ...['Denied requests since it ended', 'GET /still/<i>', 'root@example.com revoked token ci-pipeline'],
    ]) {
      expect(text).toContain(shown);
    }
    expect(html).toMatch(/on <[/]bdi><time [^>]*data-form="date"/);
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
    '0 ended tokens match, as of ',
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

it('lists the ones that ended last first', async () => {
  const { app } = await open();
  const ids = [];
  for (const name of ['first', 'second', 'third']) ids.push((await createToken(app, app.dev, { name })).id);
  for (const index of [2, 0, 1]) {
    app.clock.advance(60_000);
    await app.ask(`/api/v1/tokens/${ids[index]}`, { as: app.dev, method: 'DELETE' });
  }
  const { html } = await openConsole(app, app.dev).get('/profile/api-tokens?status=revoked');
  const order = [...html.matchAll(/<th scope="row"><a [^>]*>([^<]*)</g)].map(([, name]) => name);
  expect(order).toEqual(['second', 'first', 'third', 'ci-pipeline']);
});

it('lists those of a service account for its maintainers, whose page links to them, and for nobody else', async () => {
  const { app } = await open();
  const other = await app.addMember({ email: 'other@example.com', can_manage_tokens: true });
  const { id } = await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  const token = await createAccountToken(app, app.root, 'ci', { name: 'deploy' });
  await createToken(app, app.dev, { name: 'mine' });
  await app.ask(`/api/v1/tokens/${token.id}`, { as: app.root, method: 'DELETE' });
  const page = `/organization/service-accounts/${id}`;
  for (const reader of [app.dev, app.root]) {
    const browser = openConsole(app, reader);
    expect((await browser.get(page)).html).toContain(`href="${page}?status=revoked"`);
    const { status, html } = await browser.get(`${page}?status=revoked`);
    expect(status).toBe(200);
    expect(html).toContain(`href="/profile/api-tokens/${token.id}"`);
    expect(textOf(html)).toContain('Tokens of ci that were revoked or removed');
    expect(html).not.toContain('ci-pipeline');
  }
  const refused = await openConsole(app, other).get(`${page}?status=revoked`);
  const unknown = await openConsole(app, other).get('/organization/service-accounts/nothing?status=revoked');
  expect([refused.status, unknown.status]).toEqual([404, 404]);
  expect(refused.html).not.toContain('deploy');
});

it('has a file with those of all owners', async () => {
  const { app, token } = await open();
  const all = openConsole(app, app.root);
  expect((await all.get('/organization/tokens?status=revoked')).html).toContain(
    'href="/organization/tokens.csv?status=revoked"',
  );
  expect((await openConsole(app, app.dev).get('/profile/api-tokens?status=revoked')).html).not.toContain('.csv');
  const read = async (query: string) => {
    const path = `/organization/tokens.csv?status=revoked${query}`;
    const cookie = `${sessionCookieName(app)}=${app.root.session}`;
    const response = await app.ask(path, { headers: { Cookie: cookie } });
    return { status: response.status, rows: parse(await response.text(), { bom: true, columns: true }) };
  };
  expect((await read('')).rows).toEqual([
    {
      ...{ id: token.id, name: 'ci-pipeline', prefix: token.prefix, owner: 'dev@example.com', owner_kind: 'member' },
      ...{ reason: 'revoked', ended_at: '2026-11-23T16:20:00.000Z', ended_by: 'root@example.com' },
      ...{ last_used_at: '2026-11-23T16:20:00.000Z', last_used_method: 'GET', last_used_path: '/builds/<b>' },
      ...{ last_used_ip: '203.0.113.9', url: `https://tokens.example.com/profile/api-tokens/${token.id}` },
    },
  ]);
  expect((await read('&q=nothing')).rows).toEqual([]);
  const refused = await openConsole(app, app.root).get('/organization/tokens.csv?status=revoked&owner=nobody');
  expect(refused.status).toBe(404);
});

it('has no link to an owner whose account was deleted', async () => {
  const { app, token, path } = await open();
  const ownerPage = `/organization/team/${app.dev.id}`;
  const browser = openConsole(app, app.root);
  const list = '/organization/tokens?status=revoked';
  for (const shown of [path, list]) expect((await browser.get(shown)).html).toContain(`href="${ownerPage}"`);
  expect((await app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'DELETE' })).status).toBe(204);
  for (const shown of [path, list]) {
    const { status, html } = await browser.get(shown);
    expect([status, html.includes(token.prefix)]).toEqual([200, true]);
    expect(html).not.toContain(`href="${ownerPage}`);
  }
  expect((await browser.get(path)).html).toContain('href="/organization/tokens?status=revoked"');
});
