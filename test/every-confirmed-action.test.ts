import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ConfirmedAction, confirmedActions } from '../server/domain/sign-in/confirmation/required.ts';
import { accessTable } from '../server/http/middleware/access.ts';
import { confirmedRoutes } from '../server/http/middleware/confirmed-routes.ts';
import type { PasskeyRecord } from '../server/store/records.ts';
import { confirmedForms } from '../server/web/confirmation/confirmed-forms.ts';
import { pageAccess } from '../server/web/shell/access.ts';
import { type Ask, jsonOf, type Member, password, type TestApp } from './helpers/app/app.ts';
import { storeKey, storeServiceAccount, type TestKey } from './helpers/app/management-key.ts';
import { openTestCliWithApp, type Surroundings } from './helpers/cli/cli.ts';
import { type Browser, formsOf, openConsole, textOf } from './helpers/console/pages.ts';
import { turnOn } from './helpers/sign-in/totp.ts';
import { passkeyRecord } from './store/contract/sign-in/passkeys.ts';

const hour = 60 * 60 * 1000;
/** 90 days, in seconds: an hour later than the key has, if an hour has passed. */
const longer = 90 * 24 * 60 * 60;

/** A superuser with two second factors, a member, one with a passkey, an invited one, and a management key. Each test has its own. */
interface Scene {
  boss: Member;
  member: Member;
  protectedMember: Member;
  invited: Member;
  key: TestKey;
  passkey: PasskeyRecord;
}

interface Case {
  api: (scene: Scene) => [path: string, request: Ask];
  /** The form as the page posts it. */
  form: (scene: Scene) => [path: string, fields: Record<string, string>];
  /** Null if no command does this. */
  cli: ((scene: Scene) => string[]) | null;
  /** What the confirmation names. */
  names: (scene: Scene) => string;
  /** Text that the page shows when the filled form is back. */
  shownAgain: (scene: Scene) => string;
  isDone: (scene: Scene) => Promise<boolean>;
}

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let app: TestApp;
let scene: Scene;
let count = 0;

const memberOf = (id: string) => app.store.users.findById(id);
const keyNamed = async ({ key }: Scene, name: string) =>
  (
    await app.store.tokens.list({ ...app.services.statusContext(), limit: 50, before: null, ownerId: key.account.id })
  ).some((one) => one.name === name);
const edited = (id: string) => app.store.tokens.findById(id);
const recoveryCodes = ({ boss }: Scene) =>
  app.store.audit.list({ limit: 1, before: null, participant: boss.id, action: 'user.recovery_codes_replaced' });

/** Adding a passkey needs a browser that makes one, so `test/attacks/sign-in/second-factors/passkeys.test.ts` and the last test here try it. */
const cases: Record<Exclude<ConfirmedAction, 'addPasskey'>, Case> = {
  createKey: {
    api: ({ boss, key }) => [
      '/api/v1/tokens',
      { as: boss, json: { name: 'deploy', service_account: key.account.name, manage: ['apps'], expires_in: 3600 } },
    ],
    form: ({ key }) => [
      `/organization/service-accounts/${key.account.id}/keys`,
      {
        name: 'deploy',
        description: 'for <b>builds</b>',
        manage: 'apps',
        expires: '2592000',
        networks: '192.0.2.0/24',
      },
    ],
    cli: ({ key }) => [
      'create',
      'deploy',
      '--service-account',
      key.account.name,
      '--manage',
      'apps',
      '--expires',
      '1d',
    ],
    names: () => 'create the management key deploy',
    shownAgain: () => '192.0.2.0/24',
    isDone: (scene) => keyNamed(scene, 'deploy'),
  },
  widenKey: {
    api: ({ boss, key }) => [
      `/api/v1/tokens/${key.id}`,
      { method: 'PATCH', as: boss, json: { manage: ['apps', 'leaks'] } },
    ],
    form: ({ key }) => [
      `/profile/api-tokens/${key.id}/edit`,
      { name: 'terraform', description: 'wider', manage: 'leaks', shown_manage: 'apps' },
    ],
    cli: ({ key }) => ['edit', key.id, '--manage', 'apps', '--manage', 'leaks'],
    names: () => 'widen the management key terraform',
    shownAgain: () => 'wider',
    isDone: async ({ key }) => (await edited(key.id))?.manage?.includes('leaks') === true,
  },
  rotateKey: {
    api: ({ boss, key }) => [`/api/v1/tokens/${key.id}/rotate`, { as: boss, json: {} }],
    form: ({ key }) => [`/profile/api-tokens/${key.id}/rotate`, { overlap: '3600' }],
    cli: ({ key }) => ['rotate', key.id],
    names: () => 'rotate the management key terraform',
    shownAgain: () => 'Rotate',
    isDone: async ({ key }) => (await edited(key.id))?.rotatedAt != null,
  },
  promote: {
    api: ({ boss, member }) => [`/api/v1/users/${member.id}`, { method: 'PATCH', as: boss, json: { superuser: true } }],
    form: ({ member }) => [`/organization/team/${member.id}/promote`, {}],
    cli: ({ member }) => ['users', 'promote', member.email],
    names: ({ member }) => `make ${member.email} an Organization Superuser`,
    shownAgain: ({ member }) => member.email,
    isDone: async ({ member }) => (await memberOf(member.id))?.superuser === true,
  },
  makeAuditor: {
    api: ({ boss, member }) => [`/api/v1/users/${member.id}`, { method: 'PATCH', as: boss, json: { auditor: true } }],
    form: ({ member }) => [`/organization/team/${member.id}/make-auditor`, {}],
    cli: ({ member }) => ['users', 'promote', '--auditor', member.email],
    names: ({ member }) => `make ${member.email} an auditor`,
    shownAgain: ({ member }) => member.email,
    isDone: async ({ member }) => (await memberOf(member.id))?.auditor === true,
  },
  copyInvitationLink: {
    api: ({ boss, invited }) => [`/api/v1/users/${invited.id}/invitation-link`, { method: 'POST', as: boss }],
    form: ({ invited }) => [`/organization/team/${invited.id}/invitation-link`, {}],
    cli: ({ invited }) => ['users', 'invite', invited.email, '--link'],
    names: ({ invited }) => `make an invitation link for ${invited.email}`,
    shownAgain: () => 'Make link',
    isDone: async ({ invited }) => (await memberOf(invited.id))?.invitedAt !== null,
  },
  changeEmail: {
    api: ({ boss, member }) => [
      `/api/v1/users/${member.id}`,
      { method: 'PATCH', as: boss, json: { email: `thief-${member.email}` } },
    ],
    form: ({ member }) => [
      `/organization/team/${member.id}/edit`,
      { name: 'Mem', email: `thief-${member.email}`, groups: '', shown_groups: '' },
    ],
    cli: ({ member }) => ['users', 'edit', member.email, '--email', `thief-${member.email}`],
    names: ({ member }) => `change the email address of ${member.email}`,
    shownAgain: ({ member }) => `thief-${member.email}`,
    isDone: async ({ member }) => (await memberOf(member.id))?.email === `thief-${member.email}`,
  },
  resetSecondFactor: {
    api: ({ boss, protectedMember: { id } }) => [`/api/v1/users/${id}/totp`, { method: 'DELETE', as: boss }],
    form: ({ protectedMember: { id } }) => [`/organization/team/${id}/reset-two-step`, {}],
    cli: ({ protectedMember: { email } }) => ['users', 'reset-totp', email, '--yes'],
    names: ({ protectedMember: { email } }) => `reset two-factor sign-in for ${email}`,
    shownAgain: () => 'Reset two-factor sign-in',
    isDone: async ({ protectedMember: { id } }) => (await memberOf(id))?.passkeyCount === 0,
  },
  removeSecondFactor: {
    api: ({ boss }) => ['/api/v1/me/totp/disable', { as: boss, json: {} }],
    form: () => ['/profile/two-step/disable', {}],
    cli: null,
    names: () => 'remove the authenticator app',
    shownAgain: () => 'Remove the authenticator app',
    isDone: async ({ boss }) => (await memberOf(boss.id))?.totpEnabledAt === null,
  },
  showRecoveryCodes: {
    api: ({ boss }) => ['/api/v1/me/totp/recovery-codes', { as: boss, json: {} }],
    form: () => ['/profile/two-step/recovery-codes', {}],
    cli: null,
    names: () => 'show recovery codes',
    shownAgain: () => 'Generate new recovery codes',
    isDone: async (scene) => (await recoveryCodes(scene)).length > 0,
  },
  removePasskey: {
    api: ({ boss, passkey }) => [`/api/v1/me/passkeys/${passkey.id}`, { method: 'DELETE', as: boss }],
    form: ({ passkey }) => [`/profile/passkeys/${passkey.id}/remove`, {}],
    cli: null,
    names: () => 'remove a passkey',
    shownAgain: ({ passkey }) => `Remove the passkey ${passkey.name}?`,
    isDone: async ({ boss }) => (await app.store.passkeys.listOf(boss.id)).length === 0,
  },
};

/** Other ways to carry out an action. This server has no mail, so an invitation that is sent again shows a link. */
const otherWays: Record<string, Case> = {
  'widenKey by extending its life': {
    ...cases.widenKey,
    api: ({ boss, key }) => [`/api/v1/tokens/${key.id}`, { method: 'PATCH', as: boss, json: { expires_in: longer } }],
    form: ({ key }) => [
      `/profile/api-tokens/${key.id}/edit`,
      { name: 'terraform', description: 'longer', manage: 'apps', shown_manage: 'apps', date: '2027-03-31' },
    ],
    cli: ({ key }) => ['edit', key.id, '--expires', '90d'],
    shownAgain: () => 'longer',
    isDone: async ({ key }) => ((await edited(key.id))?.expiresAt ?? 0) > app.clock.now() + longer * 1000 - hour,
  },
  'copyInvitationLink by inviting again': {
    ...cases.copyInvitationLink,
    api: ({ boss, invited }) => [`/api/v1/users/${invited.id}/invitation`, { method: 'POST', as: boss }],
    form: ({ invited }) => [`/organization/team/${invited.id}/invite`, {}],
    cli: ({ invited }) => ['users', 'invite', invited.email],
    shownAgain: () => 'Invite again',
  },
};

beforeAll(async () => {
  cli = await openTestCliWithApp();
  app = cli.app;
});
afterAll(() => cli.close());
beforeEach(async () => {
  count += 1;
  const boss = await app.addMember({ email: `boss${count}@example.com`, superuser: true, can_manage_tokens: true });
  const member = await app.addMember({ email: `member${count}@example.com` });
  const protectedMember = await app.addMember({ email: `protected${count}@example.com` });
  const invited = await app.addMember({ email: `invited${count}@example.com` });
  // Takes the password away again, so that the member is invited.
  await app.store.users.setPasswordUntilSso(invited.id, 'x');
  await app.store.users.removePasswordUntilSso(invited.id);
  await turnOn(app, boss);
  const key = await storeKey(app, await storeServiceAccount(app, `platform${count}`), ['apps']);
  const passkey = passkeyRecord(boss.id);
  await app.store.passkeys.insert(passkey);
  await app.store.passkeys.insert(passkeyRecord(protectedMember.id));
  scene = { boss, member, protectedMember, invited, key, passkey };
});

const later = () => app.clock.advance(hour);
const confirm = () => app.ask('/api/v1/sessions/current/confirm', { as: scene.boss, json: { password } });

describe.each(Object.entries({ ...cases, ...otherWays }))('%s', (_action, one) => {
  it('needs a confirmation at the API, and nothing happens without', async () => {
    later();
    const [path, request] = one.api(scene);
    const refused = await app.ask(path, request);
    expect(refused.status).toBe(403);
    expect(await jsonOf(refused)).toMatchObject({
      code: 'confirmation-required',
      detail: expect.stringContaining(`Confirm it is you to ${one.names(scene)}, because`),
    });
    expect(await one.isDone(scene)).toBe(false);
    expect((await confirm()).status).toBe(200);
    expect((await app.ask(path, request)).status).toBeLessThan(300);
    expect(await one.isDone(scene)).toBe(true);
  });

  it('shows the filled form again in the console, and happens only when that is sent', async () => {
    later();
    const browser = openConsole(app, scene.boss);
    const [path, fields] = one.form(scene);
    const asked = await send(browser, path, fields);
    expect([asked.status, textOf(asked.html)]).toEqual([
      403,
      expect.stringContaining(`Confirm it is you to ${one.names(scene)}`),
    ]);
    const wrong = await browser.submit(path, { confirm_password: 'wrong' });
    expect([wrong.status, textOf(wrong.html)]).toEqual([403, expect.stringContaining('The current password is wrong')]);
    const again = await browser.submit(path, { confirm_password: password });
    expect([again.status, textOf(again.html)]).toEqual([
      200,
      expect.stringContaining('You confirmed it is you. Check the form and send it.'),
    ]);
    expect(again.html).toContain(one.shownAgain(scene));
    expect(again.html).not.toContain(password);
    expect(await one.isDone(scene)).toBe(false);
    // The fields that a browser would send are those that the member typed: the page shows them again.
    const hidden = formsOf(again.html).find(({ action }) => action.split('?')[0] === path)?.hidden;
    expect(hidden).not.toHaveProperty('confirm_with');
    const sent = await browser.post(path, { ...fields, ...hidden });
    expect([200, 303]).toContain(sent.status);
    expect(await one.isDone(scene)).toBe(true);
  });

  it('carries no secret of the form to the page that asks and back', async () => {
    later();
    const browser = openConsole(app, scene.boss);
    const [path, fields] = one.form(scene);
    const names = ['username', 'password', 'current', 'new', 'again', 'code', 'response'];
    const secrets = Object.fromEntries(names.map((name) => [name, `hunter2-${name}`]));
    const asked = await send(browser, path, { ...fields, ...secrets });
    const again = await browser.submit(path, { confirm_password: password });
    expect([asked.status, again.status]).toEqual([403, 200]);
    expect(asked.html + again.html).not.toContain('hunter2');
    expect(app.logLines.join()).not.toContain('hunter2');
  });

  const { cli } = one;
  it.skipIf(cli === null)('asks for the password on the command line, and repeats the request once', async () => {
    later();
    const argv = [...(cli?.(scene) ?? [])];
    const script = await run(argv);
    expect([script.code, script.stdout]).toEqual([4, '']);
    expect(script.stderr).toContain(`Confirm it is you to ${one.names(scene)}, because`);
    expect(script.stderr).toContain('Run the command in a terminal, or make the change in the console.');
    expect(await one.isDone(scene)).toBe(false);
    const wrong = await run(argv, { answers: ['wrong'] });
    expect([wrong.code, wrong.stderr]).toEqual([4, expect.stringContaining('The current password is wrong')]);
    expect(await one.isDone(scene)).toBe(false);
    const right = await run(argv, { answers: [password] });
    expect([right.code, right.stderr]).toEqual([
      0,
      expect.stringContaining(`Confirm it is you to ${one.names(scene)}`),
    ]);
    expect(right.stderr + right.stdout).not.toContain(password);
    expect(await one.isDone(scene)).toBe(true);
  });
});

function run(argv: string[], surroundings: Surroundings = {}) {
  return cli.run(argv, { ...surroundings, env: { ...cli.as(scene.boss).env, ...surroundings.env } });
}

/** Posts a form as its page does. */
async function send(browser: Browser, path: string, fields: Record<string, string>) {
  const { html } = await browser.get('/logout');
  const form_token = formsOf(html)[0]?.hidden.form_token ?? '';
  return browser.post(path, { form_token, ...fields });
}

it('has a case, a route and a form for every action, which exist', () => {
  const actions = Object.keys(confirmedActions).sort();
  for (const table of [{ ...cases, addPasskey: null }, confirmedRoutes, confirmedForms])
    expect(Object.keys(table).sort()).toEqual(actions);
  for (const route of Object.values(confirmedRoutes).flat()) expect(accessTable).toHaveProperty([route]);
  for (const route of Object.values(confirmedForms).flat()) expect(pageAccess).toHaveProperty([route]);
});

it('shows the filled form again before a passkey is added', async () => {
  later();
  const browser = openConsole(app, scene.boss);
  const path = '/profile/passkeys';
  await browser.get(path);
  const asked = await browser.submit(path, { name: 'Old phone', response: '{"of":"a browser"}' });
  expect([asked.status, textOf(asked.html)]).toEqual([
    403,
    expect.stringContaining('Confirm it is you to add a passkey'),
  ]);
  expect(asked.html).not.toContain('&quot;of&quot;');
  const again = await browser.submit(path, { confirm_password: password });
  expect([again.status, textOf(again.html)]).toEqual([200, expect.stringContaining('You confirmed it is you.')]);
  expect(again.html).toContain('value="Old phone"');
  expect(await app.store.passkeys.listOf(scene.boss.id)).toHaveLength(1);
});
