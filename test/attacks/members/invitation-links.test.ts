import { describe, expect, it, onTestFinished } from 'vitest';
import type { Config } from '../../../server/config/config.ts';
import type { InvitedUser, User } from '../../../shared/schemas/accounts/users.ts';
import { jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { ssoConfig } from '../../helpers/app/sso.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';
import { patientTimes } from '../../helpers/peers/postgres.ts';

const password = 'another staple battery horse';
const day = 24 * 60 * 60 * 1000;
const engines = useEngines(patientTimes);

async function open(settings: Partial<Config> = {}, store?: Parameters<typeof openTestApp>[1]) {
  const app = await openTestApp(settings, store);
  onTestFinished(app.close);
  const response = await app.ask('/api/v1/users', { as: app.root, json: { email: 'ada@example.com', name: 'Ada' } });
  const { id, invitation } = await jsonOf<InvitedUser>(response);
  return { app, id, first: pathOf(app, invitation?.link) };
}

const pathOf = (app: TestApp, link: string | null | undefined) => (link ?? '').replace(app.config.publicUrl, '');

const ask = (app: TestApp, id: string, as = app.root) =>
  app.ask(`/api/v1/users/${id}/invitation-link`, { as, method: 'POST' });

async function newLink(app: TestApp, id: string, as = app.root): Promise<string> {
  const link = pathOf(app, (await jsonOf<InvitedUser>(ask(app, id, as))).invitation?.link);
  expect(link).not.toBe('');
  return link;
}

/** Lets days pass, and returns a superuser who signs in then: sessions from before have ended. */
function passDays(app: TestApp, days: number) {
  app.clock.advance(days * day);
  return app.addMember({ email: `later-${app.clock.now()}@example.com`, superuser: true });
}

/** Opens a link as a stranger. Returns the status and what the page says. */
async function look(app: TestApp, link: string) {
  const { status, html, headers } = await openConsole(app).get(link);
  return { status, said: textOf(/<main.*<\/main>/s.exec(html)?.[0] ?? html), headers };
}

async function accept(app: TestApp, link: string): Promise<number> {
  const browser = openConsole(app);
  const { status } = await browser.get(link);
  return status === 200 ? (await browser.submit('/invitation', { password, again: password })).status : status;
}

const actionsOn = async (app: TestApp, id: string) =>
  (await app.store.audit.list({ limit: 20, before: null, participant: id })).map(({ action }) => action);

const unknown = `/invitation?token=invitation_${'A'.repeat(43)}`;
const replaced = 'A newer invitation was made on';

describe('a link that a superuser copies', () => {
  it('is new, works once, is audited, and voids the earlier one, which says when', async () => {
    const { app, id, first } = await open();
    const response = await ask(app, id, await passDays(app, 2));
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const { invitation, invited_at } = await jsonOf<InvitedUser>(response);
    expect(invitation).toEqual({
      mailed: false,
      link: expect.stringMatching(/\/invitation\?token=invitation_[\w-]{43}$/),
      expires_at: new Date(app.clock.now() + 7 * day).toISOString(),
    });
    expect(invited_at).toBe(new Date(app.clock.now()).toISOString());
    expect(await look(app, first)).toMatchObject({
      status: 410,
      said: expect.stringContaining(`${replaced} 25 Nov 2026`),
    });
    expect(await actionsOn(app, id)).toContain('user.invitation_link_created');
    const link = pathOf(app, invitation?.link);
    expect(await accept(app, link)).toBe(303);
    expect(await accept(app, link)).toBe(410);
  });

  it('takes the place of a mail that was not sent yet', async () => {
    const { app, id } = await open({ smtpUrl: 'smtp://127.0.0.1:1' });
    await newLink(app, id);
    expect((await app.mails()).filter(({ to }) => to === 'ada@example.com')).toEqual([]);
  });

  it('is replaced by a mailed invitation, and both earlier ones name the newest day', async () => {
    const { app, id, first } = await open();
    const copied = await newLink(app, id);
    const later = await passDays(app, 3);
    await app.ask(`/api/v1/users/${id}/invitation`, { as: later, method: 'POST' });
    for (const link of [first, copied]) expect((await look(app, link)).said).toContain(`${replaced} 26 Nov 2026`);
  });

  it('is made for no member who has joined, no stranger, and by nobody but superusers', async () => {
    const { app, id, first } = await open();
    const auditor = await app.addMember({ email: 'vera@example.com', auditor: true });
    for (const as of [app.dev, auditor]) expect((await ask(app, id, as)).status).toBe(403);
    expect((await ask(app, app.dev.id)).status).toBe(409);
    expect((await ask(app, 'nobody')).status).toBe(404);
    expect(await accept(app, first)).toBe(303);
    expect((await ask(app, id)).status).toBe(409);
    expect(await actionsOn(app, id)).not.toContain('user.invitation_link_created');
  });

  it('lets a member who may use a password set one, also where single sign-on is set up', async () => {
    const { app, id } = await open({ oidc: ssoConfig('https://id.example.com') });
    const dialog = `/organization/team/${id}?dialog=invitation-link`;
    expect((await openConsole(app, app.root).get(dialog)).html).toContain('Anyone who has the link');
    const link = await newLink(app, id);
    expect((await look(app, link)).said).toContain('If you have an account for single sign-on, sign in with that');
    expect(await actionsOn(app, id)).toContain('user.invitation_link_created');
    expect(await accept(app, link)).toBe(303);
  });

  it('has no secret for a member who may join only through single sign-on, and changes nothing', async () => {
    const { app, id } = await open({ oidc: ssoConfig('https://id.example.com'), passwordSignIn: 'superusers' });
    const dialog = `/organization/team/${id}?dialog=invitation-link`;
    expect((await openConsole(app, app.root).get(dialog)).html).toContain('It contains no secret.');
    const before = await jsonOf<User>(app.ask(`/api/v1/users/${id}`, { as: app.root }));
    const { invitation, ...after } = await jsonOf<InvitedUser>(ask(app, id));
    expect(invitation).toEqual({ mailed: false, link: 'https://tokens.example.com/login', expires_at: null });
    expect(after).toEqual(before);
    expect(await actionsOn(app, id)).not.toContain('user.invitation_link_created');
  });

  it('stands in no audit event, log line, header or later page', async () => {
    const { app, id } = await open();
    const browser = openConsole(app, app.root);
    await browser.get(`/organization/team/${id}?dialog=invitation-link`);
    const shown = await browser.submit(`/organization/team/${id}/invitation-link`);
    const [, secret = ''] = /\/invitation\?token=([^"]*)"/.exec(shown.html) ?? [];
    expect(secret).toMatch(/^invitation_/);
    expect([shown.status, shown.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(JSON.stringify([...shown.headers])).not.toContain(secret);
    const opened = await look(app, `/invitation?token=${secret}`);
    expect(opened.headers.get('referrer-policy')).toBe('no-referrer');
    for (const path of [`/organization/team/${id}`, '/organization/audit', '/organization/team']) {
      expect((await browser.get(path)).html).not.toContain(secret);
    }
    expect(JSON.stringify(await app.store.audit.list({ limit: 99, before: null }))).not.toContain(secret);
    expect(app.logLines.join('')).not.toContain(secret);
  });
});

describe('a replaced link', () => {
  it('names nobody, and a random link gets the page of one that never existed', async () => {
    const { app, id, first } = await open();
    const stranger = await look(app, unknown);
    await newLink(app, id);
    const { said, headers } = await look(app, first);
    expect(said).not.toMatch(/ada|root|example\.com/i);
    expect([headers.get('cache-control'), headers.get('referrer-policy')]).toEqual(['no-store', 'no-referrer']);
    for (const link of [unknown, '/invitation', `${first.slice(0, -1)}`, '/invitation?token=', `${first}x`]) {
      expect(await look(app, link)).toMatchObject({ status: 410, said: stranger.said });
    }
    expect(stranger.said).not.toContain(replaced);
  });

  it('sets no password for any posted form', async () => {
    const { app, id, first } = await open();
    const browser = openConsole(app);
    await browser.get(first);
    await newLink(app, id);
    const { status, html } = await browser.submit('/invitation', { password, again: password });
    expect([status, textOf(html).includes(replaced)]).toEqual([410, true]);
    expect((await app.store.users.findById(id))?.passwordHash).toBeNull();
  });

  it.each<[string, (app: TestApp, id: string) => Promise<unknown>]>([
    ['joined', async (app, id) => accept(app, await newLink(app, id))],
    ['was disabled', (app, id) => change(app, id, { disabled: true })],
    ['has another address', (app, id) => change(app, id, { email: 'ada.lovelace@example.com' })],
    ['was deleted', (app, id) => app.ask(`/api/v1/users/${id}`, { as: app.root, method: 'DELETE' })],
  ])('says nothing about a newer one once the member %s', async (_, end) => {
    const { app, id, first } = await open();
    await newLink(app, id);
    expect((await look(app, first)).said).toContain(replaced);
    await end(app, id);
    expect((await look(app, first)).said).toBe((await look(app, unknown)).said);
  });

  it('is forgotten when it would have expired', async () => {
    const { app, id, first } = await open();
    await newLink(app, id, await passDays(app, 6));
    expect((await look(app, first)).said).toContain(replaced);
    app.clock.advance(day);
    expect((await look(app, first)).said).toBe((await look(app, unknown)).said);
  });
});

const change = (app: TestApp, id: string, json: object) =>
  app.ask(`/api/v1/users/${id}`, { as: app.root, method: 'PATCH', json });

describe.each(Object.entries(engines))('links that several superusers copy at once, on %s', (_engine, openStore) => {
  it('leave exactly one that works', async () => {
    const { app, id } = await open({}, openStore());
    const second = await app.addMember({ email: 'second@example.com', superuser: true });
    const responses = await Promise.all(
      Array.from({ length: 8 }, (_, index) => ask(app, id, index % 2 ? app.root : second)),
    );
    expect(responses.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    const statuses = [];
    for (const response of responses) {
      const link = pathOf(app, (await jsonOf<InvitedUser>(response)).invitation?.link);
      statuses.push((await look(app, link)).status);
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  });
});

describe('an invitation that is sent again', () => {
  const hour = 60 * 60 * 1000;
  const again = (app: TestApp, id: string) =>
    app.ask(`/api/v1/users/${id}/invitation`, { as: app.root, method: 'POST' });

  it('shows a link to a session that has not confirmed only after it confirms', async () => {
    const { app, id, first } = await open();
    app.clock.advance(hour);
    const refused = await again(app, id);
    expect([refused.status, await jsonOf(refused)]).toEqual([
      403,
      expect.objectContaining({
        code: 'confirmation-required',
        detail: expect.stringContaining('Confirm it is you to make an invitation link for Ada'),
      }),
    ]);
    const browser = openConsole(app, app.root);
    await browser.get(`/organization/team/${id}?dialog=invite`);
    const asked = await browser.submit(`/organization/team/${id}/invite`);
    expect([asked.status, textOf(asked.html)]).toEqual([403, expect.stringContaining('Confirm it is you to')]);
    // The link from before still works: nothing has changed.
    expect((await look(app, first)).status).toBe(200);
    const confirmed = await browser.submit(`/organization/team/${id}/invite`, { confirm_password: app.root.password });
    expect(textOf(confirmed.html)).toContain('You confirmed it is you. Check the form and send it.');
    const shown = await browser.submit(`/organization/team/${id}/invite`);
    expect(shown.html).toContain('/invitation?token=invitation_');
    expect((await look(app, first)).status).toBe(410);
  });

  it.each([
    ['by mail', { smtpUrl: 'smtp://127.0.0.1:1' }],
    ['to single sign-on', { oidc: ssoConfig('https://id.example.com') }],
  ])('needs no confirmation %s, because nobody sees a secret', async (_, settings) => {
    const { app, id } = await open(settings);
    app.clock.advance(hour);
    const response = await again(app, id);
    expect([response.status, (await response.text()).includes('invitation_')]).toEqual([200, false]);
  });
});
