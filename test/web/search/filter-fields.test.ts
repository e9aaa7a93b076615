import { afterAll, beforeAll, expect, it } from 'vitest';
import { createToken, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openConsole } from '../../helpers/console/pages.ts';

let app: TestApp;
let value: string;
let pages: string[];
beforeAll(async () => {
  app = await openTestApp();
  ({ token: value } = await createToken(app, app.root, { name: 'pasted' }));
  const { id } = await createServiceAccount(app, 'deploy', { maintainers: [app.dev] });
  pages = [
    '/overview',
    '/profile/api-tokens',
    '/profile/activity',
    '/organization/tokens',
    '/organization/tokens?status=revoked',
    '/organization/tokens?known_to=dev@example.com',
    '/organization/service-accounts',
    `/organization/service-accounts/${id}`,
    '/organization/apps',
    '/organization/team',
    '/organization/audit',
    '/organization/audit?user=dev@example.com',
    '/organization/webhooks',
    '/organization/settings',
  ];
});
afterAll(() => app.close());

/** Returns the fields into which a visitor can type, of the forms whose address contains what was typed. */
function typedFields(html: string): string[] {
  const forms = html.matchAll(/<form[^>]*method="get"[^>]*>(.*?)<\/form>/gs);
  const fields = [...forms].flatMap(([, form = '']) => [...form.matchAll(/<input[^>]*>/g)].map(([field]) => field));
  return fields.filter((field) => !/type="(?:hidden|checkbox|radio|date)"/.test(field));
}

/** Returns texts that contain a value, and characters that divide it because of where it was copied from. */
const dividedTexts = (value: string) =>
  [' ', '\u200b', '\u00ad', '\u00a0', '" "', '’ ‘', '`'].map(
    (between) => `"${value.slice(0, 9)}${between}${value.slice(9)}"`,
  );

it('has no form that puts a pasted value into an address', async () => {
  const names = new Set<string>();
  for (const path of pages) {
    const { status, html } = await openConsole(app, app.root).get(path);
    expect([path, status]).toEqual([path, 200]);
    for (const field of typedFields(html)) {
      names.add(/ name="([^"]*)"/.exec(field)?.[1] ?? '');
      const pattern = / pattern="([^"]*)"/.exec(field)?.[1];
      expect([path, field, pattern === undefined]).toEqual([path, field, false]);
      const accepts = new RegExp(`^(?:${pattern})$`, 'v');
      for (const divided of dividedTexts(value))
        expect([field, divided, accepts.test(divided)]).toEqual([field, divided, false]);
      expect([field, accepts.test(value), accepts.test(`Bearer ${value}`)]).toEqual([field, false, false]);
      expect([field, accepts.test(app.root.session)]).toEqual([field, false]);
      for (const text of [
        '',
        'ci-pipeline',
        'a@example.com',
        value.slice(0, 12),
        'prod_api of “the whole team” in Berlin',
      ])
        expect(accepts.test(text)).toBe(true);
      // The script cuts what is pasted into a field of this kind.
      expect(field).toContain('type="search"');
    }
  }
  expect([...names].sort()).toEqual(['actor', 'app', 'ip', 'known_to', 'owner', 'q', 'target', 'user']);
});

it('opens no address that contains a value or another secret', async () => {
  const paths = [
    ...pages,
    '/profile/api-tokens/new',
    '/organization/tokens.csv',
    '/organization/audit.json',
    '/profile',
  ];
  for (const path of paths) {
    for (const secret of [value, `Bearer ${value}`, `${value.slice(0, 20)} ${value.slice(20)}`, app.dev.session]) {
      for (const as of [app.root, app.dev, undefined]) {
        const [file, query] = path.split('?');
        const search = new URLSearchParams(query);
        search.append('q', secret);
        const shown = await openConsole(app, as).get(`${file}?${search}`);
        expect([path, shown.status, shown.location]).toEqual([path, 303, '/search?refused=value']);
        expect(shown.html).not.toContain(value.slice(12));
      }
    }
  }
  expect(app.logLines.join('\n')).not.toContain(value.slice(12));
});

it('opens an address whose filter is a long name', async () => {
  const name = 'prod_averylongnamewithoutanydashes';
  for (const path of ['/organization/audit?target=', '/organization/tokens?q=']) {
    expect((await openConsole(app, app.root).get(`${path}${name}`)).status).toBe(200);
  }
});
