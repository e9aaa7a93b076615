import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { foldName } from '../shared/names.ts';
import type { CreatedToken } from '../shared/schemas/tokens.ts';
import { type Ask, createToken, type Member, password, type TestApp } from './helpers/app/app.ts';
import { openTestCliWithApp, type Surroundings } from './helpers/cli/cli.ts';
import { type Browser, openConsole, type Shown } from './helpers/console/pages.ts';

const roles = [
  'stranger',
  'disabled member',
  'member',
  'developer',
  'superuser without the permission',
  'superuser',
  'last superuser',
] as const;
type Role = (typeof roles)[number];

const signedIn: Role[] = roles.filter((role) => role !== 'stranger' && role !== 'disabled member');
const withPermission: Role[] = ['developer', 'superuser', 'last superuser'];
const superusers: Role[] = ['superuser without the permission', 'superuser', 'last superuser'];
const replaceable: Role[] = ['superuser without the permission', 'superuser'];

/** Who acts, and on whom. Both have a token. */
interface Scene {
  actor: Member;
  mine: CreatedToken;
  target: Member;
  theirs: CreatedToken;
}

interface Action {
  who: Role[];
  /** The same thing in the browser, over the API and on the command line. */
  page: (scene: Scene, browser: Browser) => Promise<Shown>;
  api: (scene: Scene) => [method: string, path: string, json?: object];
  cli: (scene: Scene) => { argv: string[]; stdin?: string };
  /** What must hold before. */
  before?: (scene: Scene) => Promise<unknown>;
  /** Whether it has happened; `output` is what came back. */
  happened: (scene: Scene, output: string) => Promise<boolean> | boolean;
}

const nextPassword = 'another staple battery horse';
let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let app: TestApp;
let made = 0;

beforeAll(async () => {
  cli = await openTestCliWithApp();
  app = cli.app;
});
afterAll(() => cli.close());

const userOf = async ({ id }: { id: string }) => {
  const user = await app.store.users.findById(id);
  if (user === null) throw new Error('no such member');
  return user;
};
const isGone = async ({ id }: { id: string }) => (await app.store.tokens.findById(id)) === null;
const team = ({ id }: Member, action = '') => `/organization/team/${id}${action && `/${action}`}`;
const change = (subject: 'actor' | 'target', action: string, json: object, command: string[]) => ({
  page: (scene: Scene, browser: Browser) => posted(browser, team(scene[subject], action)),
  api: (scene: Scene): [string, string, object] => ['PATCH', `/users/${scene[subject].id}`, json],
  cli: (scene: Scene) => ({ argv: [...command, scene[subject].email] }),
});

/** Posts as a page of the console does, with the form token that the visitor has. */
async function posted(browser: Browser, path: string, fields: Record<string, string> = {}): Promise<Shown> {
  let { html } = await browser.get('/logout');
  if (html === '') ({ html } = await browser.get('/login'));
  const [, form_token = ''] = /name="form_token" value="([^"]*)"/.exec(html) ?? [];
  return browser.post(path, { form_token, ...fields });
}

const actions: Record<string, Action> = {
  'sign in': {
    who: ['stranger', ...signedIn],
    page: async ({ actor: { email } }) => posted(openConsole(app), '/login', { email, password }),
    api: ({ actor: { email } }) => ['POST', '/sessions', { email, password }],
    cli: ({ actor: { email } }) => ({ argv: ['login', '--email', email, '--password-stdin'], stdin: `${password}\n` }),
    happened: async ({ actor }) =>
      (await app.store.audit.list({ limit: 50, before: null, participant: actor.id, action: 'session.created' }))
        .length > 0,
  },
  'see who one is': {
    who: signedIn,
    page: (_scene, browser) => browser.get('/profile'),
    api: () => ['GET', '/me'],
    cli: () => ({ argv: ['whoami'] }),
    happened: ({ actor }, output) => output.includes(actor.email),
  },
  "change one's password": {
    who: signedIn,
    before: async ({ actor }) => app.store.users.setPasswordHash(actor.id, (await userOf(app.root)).passwordHash ?? ''),
    page: (_scene, browser) =>
      posted(browser, '/profile/password', { current: password, new: nextPassword, again: nextPassword }),
    api: () => ['PUT', '/me/password', { current: password, new: nextPassword }],
    cli: () => ({ argv: ['password', '--password-stdin'], stdin: `${password}\n${nextPassword}\n` }),
    happened: async ({ actor }) => (await userOf(actor)).passwordHash !== (await userOf(app.root)).passwordHash,
  },
  'create a token': {
    who: withPermission,
    page: (_scene, browser) => posted(browser, '/profile/api-tokens', { name: 'new', expires: 'never' }),
    api: () => ['POST', '/tokens', { name: 'new' }],
    cli: () => ({ argv: ['create', 'new'] }),
    happened: async ({ actor }) => (await app.store.users.summary(actor.id))?.tokenCount === 2,
  },
  'list own tokens': {
    who: signedIn,
    page: (_scene, browser) => browser.get('/profile/api-tokens'),
    api: () => ['GET', '/tokens'],
    cli: () => ({ argv: ['list'] }),
    happened: ({ mine }, output) => output.includes(mine.name),
  },
  'revoke an own token': {
    who: signedIn,
    page: ({ mine }, browser) => posted(browser, `/profile/api-tokens/${mine.id}/revoke`),
    api: ({ mine }) => ['DELETE', `/tokens/${mine.id}`],
    cli: ({ mine }) => ({ argv: ['revoke', mine.name, '--yes'] }),
    happened: ({ mine }) => isGone(mine),
  },
  "list somebody's tokens": {
    who: superusers,
    page: ({ target }, browser) => browser.get(team(target)),
    api: ({ target }) => ['GET', `/tokens?user=${target.email}`],
    cli: ({ target }) => ({ argv: ['list', '--user', target.email] }),
    happened: ({ theirs }, output) => output.includes(theirs.name),
  },
  "revoke somebody's token": {
    who: superusers,
    page: ({ target, theirs }, browser) => posted(browser, team(target, `tokens/${theirs.id}/revoke`)),
    api: ({ theirs }) => ['DELETE', `/tokens/${theirs.id}`],
    cli: ({ target, theirs }) => ({ argv: ['revoke', theirs.name, '--user', target.email, '--yes'] }),
    happened: ({ theirs }) => isGone(theirs),
  },
  "revoke somebody's token as if it were an own one": {
    who: superusers,
    page: ({ theirs }, browser) => posted(browser, `/profile/api-tokens/${theirs.id}/revoke`),
    api: ({ theirs }) => ['DELETE', `/tokens/${theirs.id}`],
    cli: ({ target, theirs }) => ({ argv: ['revoke', theirs.name, '--user', target.email, '--yes'] }),
    happened: ({ theirs }) => isGone(theirs),
  },
  'revoke all tokens of a member': {
    who: superusers,
    page: ({ target }, browser) => posted(browser, team(target, 'revoke-tokens')),
    api: ({ target }) => ['DELETE', `/users/${target.id}/tokens`],
    cli: ({ target }) => ({ argv: ['revoke', '--all', '--user', target.email, '--yes'] }),
    happened: ({ theirs }) => isGone(theirs),
  },
  'list the members': {
    who: superusers,
    page: ({ target }, browser) => browser.get(`/organization/team?q=${target.email}`),
    api: ({ target }) => ['GET', `/users?email=${target.email}`],
    cli: () => ({ argv: ['users', 'list'] }),
    happened: ({ target }, output) => output.includes(target.email),
  },
  'add a member': {
    who: superusers,
    page: ({ actor }, browser) => posted(browser, '/organization/team', { email: `by.${actor.email}`, name: '' }),
    api: ({ actor }) => ['POST', '/users', { email: `by.${actor.email}` }],
    cli: ({ actor }) => ({ argv: ['users', 'add', `by.${actor.email}`] }),
    happened: async ({ actor }) => (await app.store.users.findByEmail(foldName(`by.${actor.email}`))) !== null,
  },
  'grant the permission': {
    ...change('target', 'grant', { can_manage_tokens: true }, ['grant']),
    who: superusers,
    before: ({ target }) => app.store.users.setCanManageTokens(target.id, false),
    happened: async ({ target }) => (await userOf(target)).canManageTokens,
  },
  'grant the permission to oneself': {
    ...change('actor', 'grant', { can_manage_tokens: true }, ['grant']),
    who: superusers,
    before: ({ actor }) => app.store.users.setCanManageTokens(actor.id, false),
    happened: async ({ actor }) => (await userOf(actor)).canManageTokens,
  },
  'remove the permission': {
    ...change('target', 'ungrant', { can_manage_tokens: false }, ['ungrant']),
    who: superusers,
    happened: async ({ target }) => !(await userOf(target)).canManageTokens,
  },
  'disable an account': {
    ...change('target', 'disable', { disabled: true }, ['users', 'disable']),
    who: superusers,
    happened: async ({ target }) => (await userOf(target)).disabled,
  },
  'enable an account': {
    ...change('target', 'enable', { disabled: false }, ['users', 'enable']),
    who: superusers,
    before: ({ target }) => app.store.users.setDisabled(target.id, true),
    happened: async ({ target }) => !(await userOf(target)).disabled,
  },
  'make a superuser': {
    ...change('target', 'promote', { superuser: true }, ['users', 'promote']),
    who: superusers,
    happened: async ({ target }) => (await userOf(target)).superuser,
  },
  'make oneself a superuser': {
    ...change('actor', 'promote', { superuser: true }, ['users', 'promote']),
    who: superusers,
    happened: async ({ actor }) => (await userOf(actor)).superuser,
  },
  'take a superuser their role': {
    ...change('target', 'demote', { superuser: false }, ['users', 'demote']),
    who: superusers,
    before: ({ target }) => app.store.users.setSuperuser(target.id, true),
    happened: async ({ target }) => !(await userOf(target)).superuser,
  },
  'give up the own role': {
    ...change('actor', 'demote', { superuser: false }, ['users', 'demote']),
    who: replaceable,
    happened: async ({ actor }) =>
      (await app.store.audit.list({ ...latest(actor), action: 'user.demoted' })).length > 0,
  },
  'disable the own account': {
    ...change('actor', 'disable', { disabled: true }, ['users', 'disable']),
    who: replaceable,
    happened: async ({ actor }) =>
      (await app.store.audit.list({ ...latest(actor), action: 'user.disabled' })).length > 0,
  },
  offboard: {
    who: superusers,
    page: ({ target }, browser) => posted(browser, team(target, 'offboard')),
    api: ({ target }) => ['PATCH', `/users/${target.id}`, { disabled: true }],
    cli: ({ target }) => ({ argv: ['offboard', target.email, '--yes'] }),
    happened: async ({ target }) => (await userOf(target)).disabled,
  },
  'read the audit of others': {
    who: superusers,
    page: ({ target }, browser) => browser.get(`/organization/audit?user=${target.id}`),
    api: ({ target }) => ['GET', `/audit?user=${target.id}`],
    cli: ({ target }) => ({ argv: ['audit', '--user', target.email] }),
    happened: ({ theirs }, output) => output.includes(theirs.name),
  },
};

const latest = ({ id }: Member) => ({ limit: 50, before: null, participant: id });

/** A member in that role and another one, both new, so that nothing that was tried before is in the way. */
async function setTheScene(role: Role): Promise<Scene> {
  made += 1;
  const superuser = superusers.includes(role);
  const actor = await app.addMember({ email: `actor.${made}@example.com`, superuser, can_manage_tokens: true });
  const target = await app.addMember({ email: `target.${made}@example.com`, can_manage_tokens: true });
  const mine = await createToken(app, actor, { name: `mine-${made}` });
  const theirs = await createToken(app, target, { name: `theirs-${made}` });
  await app.store.users.setDisabled(app.root.id, false);
  if (role === 'disabled member') await app.store.users.setDisabled(actor.id, true);
  if (!withPermission.includes(role)) await app.store.users.setCanManageTokens(actor.id, false);
  if (role === 'last superuser') {
    for (const email of await app.store.users.superuserEmails(1000)) {
      const other = await app.store.users.findByEmail(foldName(email));
      if (other !== null && other.id !== actor.id) await app.store.users.setDisabled(other.id, true);
    }
  }
  return { actor, mine, target, theirs };
}

type Outcome = 'yes' | 'no' | 'sign in first';

async function onPage({ page }: Action, scene: Scene, role: Role): Promise<[Outcome, string]> {
  const browser = role === 'stranger' ? openConsole(app) : openConsole(app, scene.actor);
  const { status, location, html } = await page(scene, browser);
  if (status === 303 && /^\/login(\?next=|$)/.test(location ?? '')) return ['sign in first', html];
  return [status < 400 ? 'yes' : 'no', html];
}

async function overApi({ api }: Action, scene: Scene, role: Role): Promise<[Outcome, string]> {
  const [method, path, json] = api(scene);
  const ask: Ask = { method, ...(json && { json }), ...(role !== 'stranger' && { as: scene.actor }) };
  const response = await app.ask(`/api/v1${path}`, ask);
  const body = await response.text();
  if (response.status === 401) return [body.includes('wrong-credentials') ? 'no' : 'sign in first', body];
  return [response.status < 400 ? 'yes' : 'no', body];
}

async function onCommandLine(action: Action, scene: Scene, role: Role): Promise<[Outcome, string]> {
  const { argv, stdin } = action.cli(scene);
  const isSignIn = argv[0] === 'login';
  const surroundings: Surroundings = {
    ...(role !== 'stranger' && !isSignIn && cli.as(scene.actor)),
    ...(stdin !== undefined && { stdin }),
  };
  const { code, stdout, stderr } = await cli.run([...argv, '--json'], surroundings);
  if (isSignIn) await cli.run(['logout']);
  if (/"code": ?"(not-signed-in|not-authenticated)"/.test(stderr)) return ['sign in first', stdout];
  return [code === 0 ? 'yes' : 'no', stdout];
}

describe.each(Object.entries(actions))('%s', (_what, action) => {
  test.each(roles)('%s: page, API and command line agree', async (role) => {
    const may = action.who.includes(role);
    for (const [surface, attempt] of Object.entries({ onPage, overApi, onCommandLine })) {
      const scene = await setTheScene(role);
      await action.before?.(scene);
      const already = await action.happened(scene, '');
      const [outcome, output] = await attempt(action, scene, role);
      const expected = may ? 'yes' : role === 'stranger' || role === 'disabled member' ? 'sign in first' : 'no';
      const signInRefused = action === actions['sign in'] && !may;
      expect({ surface, outcome }).toEqual({ surface, outcome: signInRefused ? 'no' : expected });
      expect(await action.happened(scene, output), surface).toBe(may || already);
    }
  });
});
