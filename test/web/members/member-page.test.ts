import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp } from '../../helpers/app/app.ts';
import { messageAt, openConsole, textOf } from '../../helpers/console/pages.ts';
import { turnOn } from '../../helpers/sign-in/totp.ts';
import { passkeyRecord } from '../../store/contract/sign-in/passkeys.ts';

const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const signIn = async (userAgent: string) => {
    const clientInfo = { ip: '198.51.100.7', userAgent };
    const { session, secret } = await app.services.sessions.signIn(app.dev.email, app.dev.password, clientInfo);
    return { id: session.id, secret: secret.reveal() };
  };
  const works = async (secret: string) => (await app.services.sessions.authenticate(secret)) !== null;
  return { app, signIn, works, browser: openConsole(app, app.root), page: `/organization/team/${app.dev.id}` };
}

/** Returns the text of the section under this heading. */
function section(html: string, id: string): string {
  return textOf(new RegExp(`<h2 id="${id}">[^]*?</section>`).exec(html)?.[0] ?? '');
}

it('shows where the member is signed in, and ends one session after a confirmation', async () => {
  const { signIn, works, browser, page } = await open();
  const [one, other] = [await signIn(chrome), await signIn('tokens/1.2.3 linux-x64')];
  const { html } = await browser.get(page);
  expect(section(html, 'sessions')).toContain('Chrome on Linux 198.51.100.7 now now End');
  expect(section(html, 'sessions')).toContain('tokens 1.2.3 198.51.100.7 now now End');
  const asked = await browser.get(`${page}?dialog=end-session&session=${one.id}`);
  expect(textOf(asked.html)).toContain('End this session of dev@example.com?');
  expect(asked.html).toContain(`data-close="${page}#end-${one.id}"`);
  expect(await works(one.secret)).toBe(true);
  const done = await browser.submit(`${page}/sessions/${one.id}/end`);
  expect([done.status, done.location]).toEqual([303, messageAt(page, 'member-session-ended')]);
  expect([await works(one.secret), await works(other.secret)]).toEqual([false, true]);
  const after = await browser.get(done.location ?? '');
  expect(textOf(after.html)).toContain('A session of dev@example.com was ended.');
  expect(section(after.html, 'history')).toContain('root@example.com ended a session of dev@example.com');
  expect((await browser.get(`${page}?dialog=end-session&session=${one.id}`)).status).toBe(404);
  expect((await browser.get('/organization/audit')).html).toContain('ended a session');
});

it('shows five sessions and folds the others away, and offers to end all if there are several', async () => {
  const { signIn, browser, page } = await open();
  const shown = async () =>
    (/<h2 id="sessions">.*?<\/section>/s.exec((await browser.get(page)).html)?.[0] ?? '').split('<details');
  const endAll = `href="${page}?dialog=end-sessions"`;
  const [only = ''] = await shown();
  expect(only).not.toContain(endAll);
  for (let i = 0; i < 6; i += 1) await signIn(chrome);
  const [first = '', folded = ''] = await shown();
  expect(first).toContain(endAll);
  expect([first, folded].map((part) => part.match(/data-label="Device"/g)?.length)).toEqual([5, 2]);
  expect(textOf(`<details${folded}`)).toContain('Show 2 more');
});

it('ends all sessions of the member after a confirmation', async () => {
  const { app, signIn, works, browser, page } = await open();
  const one = await signIn(chrome);
  const asked = await browser.get(`${page}?dialog=end-sessions`);
  expect(textOf(asked.html)).toContain('End all sessions of dev@example.com?');
  expect(asked.html).toContain(`data-close="${page}#actions-${app.dev.id}"`);
  const done = await browser.submit(`${page}/end-sessions`);
  expect([done.status, done.location]).toEqual([303, messageAt(page, 'member-sessions-ended')]);
  expect([await works(one.secret), await works(app.dev.session), await works(app.root.session)]).toEqual([
    false,
    false,
    true,
  ]);
  expect(section((await browser.get(page)).html, 'sessions')).toContain('This member is not signed in anywhere.');
});

it('names the ways in which the member signs in, with dates', async () => {
  const { app, browser, page } = await open();
  expect(section((await browser.get(page)).html, 'sign-in-methods')).toBe(
    'Sign-in methods Password set Authenticator app off Passkeys none Single sign-on not connected',
  );
  await turnOn(app, app.dev);
  await app.store.passkeys.insert({ ...passkeyRecord(app.dev.id), name: 'Laptop', createdAt: app.clock.now() });
  await app.store.users.setIdentity(app.dev.id, { issuer: 'https://sso.example.com', subject: 'dev' });
  const text = section((await browser.get(page)).html, 'sign-in-methods');
  expect(text).toContain('Authenticator app on since 23 Nov 2026');
  expect(text).toMatch(/Laptop added 23 Nov 2026 ?, never used/);
  expect(text).toContain('Single sign-on connected');
});

it('ends with the history of the member, in pages, and leads to the audit log', async () => {
  const { app, browser, page } = await open();
  for (let n = 0; n < 25; n += 1) await createToken(app, app.dev, { name: `t${n}` });
  const { html } = await browser.get(page);
  expect(section(html, 'history')).toContain('dev@example.com created token t24');
  expect(html).toContain(`/organization/audit?user=${app.dev.id}`);
  const next = /rel="next" href="([^"]*history=[^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const older = section((await browser.get(next.replace('#history', ''))).html, 'history');
  expect(older).toContain('created token t0');
  expect(older).not.toContain('created token t24');
  expect(html.match(/class="icon-button" id="actions-/g)).toHaveLength(11);
  expect(html).toContain('href="/organization/tokens?owner=dev%40example.com"');
});

it('lets an auditor read all of it and offers no change', async () => {
  const { app, signIn, page } = await open();
  const auditor = openConsole(app, await app.addMember({ email: 'auditor@example.com', auditor: true }));
  const one = await signIn(chrome);
  const { status, html } = await auditor.get(page);
  expect(status).toBe(200);
  for (const id of ['sessions', 'sign-in-methods', 'history']) expect(section(html, id)).not.toBe('');
  expect(html).not.toContain('?dialog=');
  expect(html).not.toContain('id="actions-');
  for (const dialog of ['end-sessions', `end-session&session=${one.id}`, 'edit'])
    expect((await auditor.get(`${page}?dialog=${dialog}`)).html).not.toContain('<dialog');
});

it('shows Edit and Offboard, and keeps everything else in a quiet menu that ends with Delete', async () => {
  const { browser, page } = await open();
  const { html } = await browser.get(page);
  const main = html.slice(html.indexOf('<h1'));
  const [buttons = '', rest = ''] = main.split('<ul');
  expect([...buttons.matchAll(/<a class="button[^>]* id="([^"]*)"/g)].map(([, id]) => id)).toEqual([
    'edit',
    'offboard',
  ]);
  const items = [...(rest.split('</ul>')[0] ?? '').matchAll(/<a class="nav-item"[^>]*>(.*?)<\/a>/gs)].map(
    ([, text]) => text,
  );
  for (const label of ['Make superuser', 'Disable', 'End all sessions', 'Download data'])
    expect(items).toContain(label);
  expect(items.at(-1)).toBe('Delete');
});

it('shows beside its field what is wrong with a filter, although the member has no tokens', async () => {
  const { browser, page } = await open();
  expect((await browser.get(page)).html).not.toContain('name="status"');
  const { html, status } = await browser.get(`${page}?status=nonsense`);
  expect(status).toBe(400);
  expect(textOf(html)).toContain('Choose one of the listed statuses.');
});
