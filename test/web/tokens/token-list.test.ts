import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';
import { registerApp } from '../../helpers/gate/gated.ts';
import { newDenied } from '../../store/contract/records.ts';

const tokens = '/profile/api-tokens';
let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

/** Returns the text of each row, by the name of its token. */
function rowsOf(html: string): Record<string, string> {
  const rows = [...html.matchAll(/<tr>(?:<td class="pick"><input [^>]*><\/td>)?<th scope="row">.*?<\/tr>/gs)].map(
    ([row]) => row,
  );
  return Object.fromEntries(rows.map((row) => [/<a [^>]*>(.*?)<\/a>/.exec(row)?.[1] ?? '', textOf(row)]));
}

/** Returns the entries of the menu in each row, by the name of its token. Null for a row without a menu. */
function menusOf(html: string): Record<string, string | null> {
  const rows = [...html.matchAll(/<tr>(?:<td class="pick"><input [^>]*><\/td>)?<th scope="row">.*?<\/tr>/gs)].map(
    ([row]) => row,
  );
  return Object.fromEntries(
    rows.map((row) => {
      const menu = /<ul [^>]*popover="auto"[^>]*>(.*?)<\/ul>/s.exec(row)?.[1];
      return [/<a [^>]*>(.*?)<\/a>/.exec(row)?.[1] ?? '', menu === undefined ? null : textOf(menu)];
    }),
  );
}

it('says what each token may do, in a few words', async () => {
  for (const name of ['grafana', 'wiki', 'builds']) await registerApp(app.store, name);
  await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  const bodies = {
    plain: {},
    narrow: { apps: ['grafana'], read_only: true, networks: ['192.0.2.0/24', '198.51.100.7'] },
    several: { apps: ['grafana', 'wiki', 'builds'], allow: ['GET /a'] },
    tried: { networks: ['192.0.2.0/24'], enforce: false },
    trap: { canary: true },
  };
  for (const [name, body] of Object.entries(bodies)) await createToken(app, app.dev, { name, ...body });
  const rows = rowsOf((await openConsole(app, app.dev).get(tokens)).html);
  expect(rows).toMatchObject({
    plain: expect.stringContaining(' no rules '),
    narrow: expect.stringContaining(' grafana · read-only · 2 networks '),
    several: expect.stringMatching(/ (grafana|wiki|builds) \+ 2 apps · 1 allowed request /),
    tried: expect.stringContaining(' rules not applied · 1 network '),
    trap: expect.stringContaining(' canary '),
  });
  const key = { name: 'terraform', manage: ['tokens:read', 'apps'] as const, expires_in: 86_400 };
  await createAccountToken(app, app.root, 'ci', { ...key, manage: [...key.manage] });
  const account = await app.store.serviceAccounts.findByName('ci');
  const page = await openConsole(app, app.dev).get(`/organization/service-accounts/${account?.id}`);
  expect(rowsOf(page.html).terraform).toContain(' management key · 2 scopes ');
  // A maintainer reads a management key. Only superusers change it.
  expect(menusOf(page.html)).toMatchObject({ terraform: 'Open Pause Revoke' });
});

it('shows a status only if it is not active, and both values while two work', async () => {
  const { id } = await createToken(app, app.dev, { name: 'stopped' });
  await app.ask(`/api/v1/tokens/${id}/pause`, { as: app.dev, json: {} });
  const turned = await createToken(app, app.dev, { name: 'turned' });
  await app.ask(`/api/v1/tokens/${turned.id}/rotate`, { as: app.dev, json: { overlap: 3600 } });
  const { html } = await openConsole(app, app.dev).get(tokens);
  const { stopped = '', turned: rotated = '' } = rowsOf(html);
  expect(stopped).toMatch(/^stopped paused no rules/);
  expect(rotated).toMatch(
    /^turned two values Two values until 23 Nov 2026, 17:20 UTC no rules no rules never expires not since the rotation/,
  );
  expect(menusOf(html)).toEqual({
    stopped: 'Open Rotate Resume Revoke',
    turned: 'Open Rotate End the old value Edit Pause Revoke',
  });
});

it('says below a name what its owner lacks, if the status comes from the owner', async () => {
  const other = await app.addMember({ email: 'other@example.com', can_manage_tokens: true });
  await createToken(app, app.dev, { name: 'kept' });
  await createToken(app, other, { name: 'left' });
  const change = (id: string, json: object) => app.ask(`/api/v1/users/${id}`, { method: 'PATCH', as: app.root, json });
  await change(app.dev.id, { can_manage_tokens: false });
  await change(other.id, { disabled: true });
  const { kept, left } = rowsOf((await openConsole(app, app.root).get('/organization/tokens')).html);
  expect(kept).toMatch(/^kept blocked Owner without permission no rules/);
  expect(left).toMatch(/^left disabled Owner disabled no rules/);
});

it('offers in the menu of a row only what the reader may do', async () => {
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  await createToken(app, app.dev, { name: 'ci' });
  const page = `/organization/team/${app.dev.id}`;
  const menus = async (as: typeof auditor) => menusOf((await openConsole(app, as).get(page)).html);
  expect(await menus(app.root)).toEqual({ ci: 'Open Pause Revoke' });
  expect(await menus(auditor)).toEqual({ ci: null });
});

it('marks what needs attention with one badge and words: expired, expires soon, denied lately, two values', async () => {
  const day = 86_400;
  const make = (name: string, expires_in: number | null) => createToken(app, app.dev, { name, expires_in });
  await make('ends', 3600);
  const turned = await make('turned', null);
  const old = await make('denied long ago', null);
  const denied = await make('denied', null);
  const chosen = await make('stopped', null);
  await app.ask(`/api/v1/tokens/${chosen.id}/pause`, { as: app.dev, json: {} });
  const deny = (id: string, at: number) =>
    app.store.transaction((store) => store.usage.addDenied([newDenied(id, { at })], at));
  await deny(old.id, app.clock.now() - 23 * 3_600_000);
  app.clock.advance(2 * 3_600_000);
  await make('soon', 5 * day);
  await make('later', 8 * day);
  await deny(denied.id, app.clock.now());
  await app.ask(`/api/v1/tokens/${turned.id}/rotate`, { as: app.dev, json: { overlap: 3600 } });
  const { html } = await openConsole(app, app.dev).get(tokens);
  const badges = Object.fromEntries(
    [...html.matchAll(/<th scope="row"><a [^>]*>(.*?)<\/a>.*?<\/tr>/gs)].map(([row, name = '']) => [
      name,
      [...row.matchAll(/class="(badge[^"]*|sub warning)">(.*?)<\/span>/gs)].map(
        ([, look, text = '']) => `${look}: ${textOf(text)}`,
      ),
    ]),
  );
  expect(badges).toEqual({
    ends: ['badge warning: expired'],
    turned: ['badge warning on-phone: two values', 'sub warning: Two values until 23 Nov 2026, 19:20 UTC'],
    'denied long ago': [],
    denied: ['badge warning: denied'],
    stopped: ['badge warning: paused'],
    soon: ['badge warning: in 5 days'],
    later: ['badge: in 8 days'],
  });
});

it('has no stop of the Tab key at a time, because the link of its row shows the exact one', async () => {
  await createToken(app, app.dev, { name: 'timed', expires_in: 86_400 });
  const { html } = await openConsole(app, app.dev).get(tokens);
  const rows = html.slice(html.indexOf('<tbody>'), html.indexOf('</tbody>'));
  expect(rows).toMatch(/<time [^>]*data-exact="[^"]*" tabindex="-1">/);
  expect(rows).not.toContain('tabindex="0"');
});
