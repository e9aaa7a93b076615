import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonOf, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount, createTrust } from '../../helpers/app/service-accounts.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';

const roles = ['superuser', 'auditor', 'maintainer', 'member'] as const;
type Role = (typeof roles)[number];

/** What a role sees of a page: its headings, and the IDs of the links that open a dialog. */
interface Seen {
  headings: string[];
  actions: string[];
}

const nothing = null;
const trustPage = ['Identity tokens', 'Tokens that jobs get for them', 'Newest tokens', 'Use it', 'History'];
const accountPage = ['Maintainers', 'Tokens', 'Trusts', 'History'];
const onToken = ['actions-'];

/** What each role sees. Whoever sees nothing gets the page of something that does not exist, or is told that it is for superusers. */
const expected: Record<string, Record<Role, Seen | null>> = {
  apps: {
    superuser: { headings: ['Tokens restricted to it', 'History'], actions: ['edit', 'delete'] },
    auditor: { headings: ['Tokens restricted to it', 'History'], actions: [] },
    maintainer: nothing,
    member: nothing,
  },
  clients: {
    superuser: { headings: ['History'], actions: ['edit', 'rotate-secret', 'actions-'] },
    auditor: { headings: ['History'], actions: [] },
    maintainer: nothing,
    member: nothing,
  },
  webhooks: {
    superuser: { headings: ['Deliveries', 'History'], actions: ['edit', 'actions-'] },
    auditor: { headings: ['Deliveries', 'History'], actions: [] },
    maintainer: nothing,
    member: nothing,
  },
  trusts: {
    superuser: { headings: trustPage, actions: ['edit', 'delete'] },
    auditor: { headings: trustPage, actions: [] },
    maintainer: { headings: trustPage, actions: [] },
    member: nothing,
  },
  'service-accounts': {
    superuser: {
      headings: accountPage,
      actions: ['edit', 'disable', 'actions-', 'remove-0', 'create-key', 'create-token', ...onToken, 'create-trust'],
    },
    auditor: { headings: accountPage, actions: [] },
    maintainer: { headings: accountPage, actions: ['edit', 'remove-0', 'create-token', ...onToken] },
    member: nothing,
  },
};

let app: TestApp;
let as: Record<Role, Member>;
let ids: Record<string, string>;
beforeAll(async () => {
  app = await openTestApp();
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  const maintainer = await app.addMember({ email: 'maintainer@example.com' });
  as = { superuser: app.root, auditor, maintainer, member: app.dev };
  const account = await createServiceAccount(app, 'ci', { maintainers: [maintainer] });
  await createAccountToken(app, app.root, 'ci', { name: 'deploy' });
  const trust = await createTrust(app, { name: 'of-jobs', service_account: 'ci' });
  const made = async (path: string, json: object) =>
    (await jsonOf<{ id: string }>(app.ask(`/api/v1/${path}`, { as: app.root, json }))).id;
  ids = {
    'service-accounts': account.id,
    trusts: trust.id,
    apps: await made('apps', { name: 'grafana' }),
    clients: await made('clients', { name: 'gateway' }),
    webhooks: await made('webhooks', { url: 'https://hooks.example.com/', events: ['app.deleted'] }),
  };
});
afterAll(() => app.close());

const main = (html: string) => html.slice(html.indexOf('<main'), html.indexOf('</main>'));

function seenIn(html: string): Seen {
  const headings = [...main(html).matchAll(/<h2[^>]*>(.*?)<\/h2>/gs)].map(([, text = '']) => textOf(text));
  const links = [...main(html).matchAll(/<(?:a|button)[^>]* id="([^"]*)"/g)].map(([, id = '']) => id);
  return { headings, actions: links.map((id) => id.replace(/^actions-.*/, 'actions-')) };
}

describe.each(Object.keys(expected))('the page of one of the %s', (section) => {
  it.each(roles)('shows the role %s the sections and the actions that it may use, and no other', async (role) => {
    const { status, html } = await openConsole(app, as[role]).get(`/organization/${section}/${ids[section]}`);
    const seen = expected[section]?.[role] ?? null;
    if (seen === null) {
      expect([403, 404]).toContain(status);
      expect(html).not.toContain('id="history"');
      return;
    }
    expect([status, seenIn(html)]).toEqual([200, seen]);
    // The audit log is for those who read all of it.
    const readsLog = role === 'superuser' || role === 'auditor';
    expect(main(html).includes('/organization/audit')).toBe(readsLog);
  });

  it('has at most two buttons beside its name, a menu for the rest, and last what cannot be undone', async () => {
    const { html } = await openConsole(app, app.root).get(`/organization/${section}/${ids[section]}`);
    const heading = /<div class="heading"><h1>.*?<\/h1>(.*?)<\/div><(?!\/)/s.exec(main(html))?.[1] ?? '';
    const [buttons = '', menu = ''] = heading.split('<ul');
    const labels = (part: string) => [...part.matchAll(/<(a|button)\b.*?<\/\1>/gs)].map(([one]) => textOf(one));
    const [visible, more] = [labels(buttons).filter((label) => label !== ''), labels(menu)];
    expect(visible).toHaveLength(2);
    expect(visible[0]).toBe('Edit');
    expect([...visible, ...more].at(-1)).toBe('Delete');
    expect(buttons.includes('aria-label="Actions for ')).toBe(more.length > 0);
  });

  it('shows events about this one only', async () => {
    const { html } = await openConsole(app, app.root).get(`/organization/${section}/${ids[section]}`);
    const history = /<ol class="history">.*?<\/ol>/s.exec(html)?.[0] ?? '';
    expect(history.match(/<li>/g)).toHaveLength(1);
    expect(textOf(history)).toMatch(/root@example\.com (created|registered)/);
  });
});

it('says that nothing happened yet to those who would read it, and to others what they may read', async () => {
  const { id } = await createServiceAccount(app, 'older', { maintainers: [as.maintainer] });
  const shown = async (role: Role) => {
    // As if retention had deleted its events.
    await app.store.audit.assignPositions(1000);
    await app.store.audit.purge({ before: Number.MAX_SAFE_INTEGER, limit: 1000 });
    return textOf((await openConsole(app, as[role]).get(`/organization/service-accounts/${id}`)).html);
  };
  expect(await shown('superuser')).toContain('No events about this service account yet.');
  expect(await shown('auditor')).toContain('No events about this service account yet.');
  expect(await shown('maintainer')).toContain('has no events about this service account that you may read.');
});
