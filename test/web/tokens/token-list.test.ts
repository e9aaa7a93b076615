import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';
import { registerApp } from '../../helpers/gate/gated.ts';

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
    tried: expect.stringContaining(' 1 network · not applied '),
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
    /^turned Two values until 23 Nov 2026, 17:20 UTC no rules never expires not since the rotation/,
  );
  expect(menusOf(html)).toEqual({
    stopped: 'Open Resume Revoke',
    turned: 'Open Rotate End the old value Edit Pause Revoke',
  });
});

it('offers in the menu of a row only what the reader may do', async () => {
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  await createToken(app, app.dev, { name: 'ci' });
  const page = `/organization/team/${app.dev.id}`;
  const menus = async (as: typeof auditor) => menusOf((await openConsole(app, as).get(page)).html);
  expect(await menus(app.root)).toEqual({ ci: 'Open Pause Revoke' });
  expect(await menus(auditor)).toEqual({ ci: null });
});
