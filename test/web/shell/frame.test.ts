import { describe, expect, it, onTestFinished } from 'vitest';
import { openTestApp } from '../../helpers/app/app.ts';
import { createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openConsole } from '../../helpers/console/pages.ts';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  const maintainer = await app.addMember({ email: 'maintainer@example.com' });
  await createServiceAccount(app, 'ci', { maintainers: [maintainer] });
  return { app, as: { superuser: app.root, auditor, maintainer, member: app.dev } };
}

const own = ['/overview', '/profile/api-tokens', '/profile/activity', '/profile'];
const readable = [
  ...['/organization/service-accounts', '/organization/apps', '/organization/team', '/organization/audit'],
  ...['/organization/tokens', '/organization/clients', '/organization/settings'],
  ...['/organization/trusts', '/organization/webhooks'],
];
const sections = {
  superuser: [...own, ...readable],
  auditor: [...own, ...readable],
  maintainer: [...own, '/organization/service-accounts'],
  member: own,
};
const roles = Object.keys(sections) as (keyof typeof sections)[];

describe('the navigation', () => {
  it.each(roles)('of the role %s has the sections that the role may open, and no other', async (role) => {
    const { app, as } = await open();
    const browser = openConsole(app, as[role]);
    const { html } = await browser.get('/profile');
    const nav = /<nav id="sections".*?<\/nav>/s.exec(html)?.[0] ?? '';
    const links = [...nav.matchAll(/class="nav-item" href="([^"]*)"/g)].map(([, href]) => href ?? '');
    expect(links.toSorted()).toEqual(sections[role].toSorted());
    for (const path of new Set(Object.values(sections).flat())) {
      expect((await browser.get(path)).status === 200, path).toBe(sections[role].includes(path));
    }
  });

  it('marks the section of the page', async () => {
    const { app } = await open();
    const { html } = await openConsole(app, app.root).get('/organization/team');
    expect(html.match(/<a[^>]*aria-current="page"/g)).toEqual([
      '<a class="nav-item" href="/organization/team" aria-current="page"',
    ]);
  });
});

describe('the account menu', () => {
  it.each([
    ['Ada Lovelace', 'AL'],
    ['', 'DO'],
    ['Ada', 'A'],
    ['Ada Augusta King Noel', 'AN'],
    ['<b>', '?'],
    ['Ølga å', 'ØÅ'],
  ])('shows the initials of a member named %j as %j', async (name, initials) => {
    const { app } = await open();
    const member = await app.addMember({ email: 'dev.one@example.com', name });
    const { html } = await openConsole(app, member).get('/profile');
    expect(/<button[^>]*class="avatar"[^>]*>([^<]*)</.exec(html)?.[1]).toBe(initials);
  });

  it('changes the theme in this browser, and returns to the page', async () => {
    const { app } = await open();
    const browser = openConsole(app, app.root);
    expect((await browser.get('/organization/team?q=ada&done=member-added&dialog=add')).html).toContain(
      '<html lang="en">',
    );
    const { location, headers } = await browser.submit('/profile/theme', { theme: 'dark' });
    expect(location).toBe('/organization/team?q=ada');
    expect(headers.get('set-cookie')).toMatch(/tokens_theme[^;]*=dark; Max-Age=34560000;.*HttpOnly/);
    expect((await browser.get('/organization/team')).html).toContain('<html lang="en" data-theme="dark">');
    await browser.submit('/profile/theme', { theme: 'system' });
    expect((await browser.get('/organization/team')).html).toContain('<html lang="en">');
  });

  it('keeps the theme if the form names another one, and leads to no other site', async () => {
    const { app } = await open();
    const browser = openConsole(app, app.dev);
    await browser.get('/profile');
    await browser.submit('/profile/theme', { theme: 'light' });
    await browser.get('/profile');
    const { location } = await browser.submit('/profile/theme', { theme: '"><script>', next: 'https://evil.example/' });
    expect(location).toBe('/overview');
    expect((await browser.get('/profile')).html).toContain('data-theme="light"');
  });

  it('ignores a theme in the cookie that does not exist', async () => {
    const { app } = await open();
    const browser = openConsole(app, app.dev);
    for (const name of ['__Host-tokens_theme', 'tokens_theme_insecure']) browser.cookies.set(name, '"onload="x');
    expect((await browser.get('/profile')).html).toContain('<html lang="en">');
  });
});

describe('the message about a change', () => {
  it('can be dismissed by a link to the same page', async () => {
    const { app } = await open();
    const browser = openConsole(app, app.root);
    const { id } = await app.addMember({ email: 'ada@example.com' });
    await browser.get('/organization/team?q=ada');
    const { location } = await browser.submit(`/organization/team/${id}/grant`);
    const { html } = await browser.get(location ?? '');
    expect(html).toMatch(
      /<p role="status"[^>]*>ada@example.com can now [^<]*<\/p><a [^>]*href="\/organization\/team\?q=ada"/,
    );
  });
});
