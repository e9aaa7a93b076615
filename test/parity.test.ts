import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NewToken } from '../server/store/records.ts';
import { foldName } from '../shared/names.ts';
import { type Ask, createToken, type Member, password, type TestApp } from './helpers/app/app.ts';
import { openTestCliWithApp, type Surroundings } from './helpers/cli/cli.ts';
import { type Browser, openConsole, type Shown } from './helpers/console/pages.ts';
import { addServiceAccount } from './store/contract/accounts/service-accounts.ts';
import { addApp } from './store/contract/apps/apps.ts';
import { addTrust } from './store/contract/machines/trusts.ts';
import { addToken, useOf } from './store/contract/records.ts';
import { webhookRecord } from './store/contract/webhooks/webhooks.ts';

const roles = [
  'visitor',
  'disabled member',
  'member',
  'developer',
  'auditor',
  'superuser without the permission',
  'superuser',
  'last superuser',
] as const;
type Role = (typeof roles)[number];

const signedIn: Role[] = roles.filter((role) => role !== 'visitor' && role !== 'disabled member');
const withPermission: Role[] = ['developer', 'superuser', 'last superuser'];
const superusers: Role[] = ['superuser without the permission', 'superuser', 'last superuser'];
const readers: Role[] = ['auditor', ...superusers];
const replaceable: Role[] = ['superuser without the permission', 'superuser'];

/** The member who acts and the member who is acted on. Each has a token. */
interface Scene {
  actor: Member;
  ownToken: NewToken;
  target: Member;
  targetToken: NewToken;
}

interface Action {
  /** The roles that may perform the action. */
  roles: Role[];
  /** The same action on a page of the console, through the API and on the command line. Some have no page. */
  page?: (scene: Scene, browser: Browser) => Promise<Shown>;
  api: (scene: Scene) => [method: string, path: string, json?: object];
  cli: (scene: Scene) => { argv: string[]; stdin?: string };
  /** Prepares the state that the action needs. */
  prepare?: (scene: Scene) => Promise<unknown>;
  /** Reports whether the action took effect. `output` is the response or the command's stdout. */
  isDone: (scene: Scene, output: string) => Promise<boolean> | boolean;
}

const nextPassword = 'another staple battery horse';
let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
let app: TestApp;
let count = 0;

/** An address that nobody has. */
const inviteeOf = (actor: Member) => `invited.${actor.email}`;

beforeAll(async () => {
  cli = await openTestCliWithApp();
  app = cli.app;
});
afterAll(() => cli.close());

const userOf = async ({ id }: { id: string }) => {
  const user = await app.store.users.findById(id);
  if (user === null) throw new Error('The member does not exist');
  return user;
};
const tokenOf = async ({ id }: { id: string }) => {
  const token = await app.store.tokens.findById(id);
  if (token === null) throw new Error('The token does not exist');
  return token;
};
const ownerEmailOf = async (token: NewToken) => (await tokenOf(token)).ownerEmail;
const appsNamed = ({ id }: Member) => app.store.apps.list({ limit: 1, before: null, name: `app-${id}` });
/** The client has the ID of the member, so that the actions know it. */
const addClientOf = ({ id }: Member) =>
  app.store.clients.insert({
    id,
    ...{ clientId: `client_${id}`, name: `client-${id}`, nameFolded: `client-${id}` },
    ...{ secretHash: 'hash', canRevoke: false, canReport: false, createdAt: app.clock.now() },
  });
const clients = '/organization/clients';
const clientsNamed = async (name: string) =>
  (await app.store.clients.list({ limit: 1000, before: null })).filter((client) => client.name === name);
const hookUrl = ({ id }: Member) => `https://hooks.example.com/${id}`;
/** The webhook has the ID of the member, so that the actions know it. Those of earlier scenes make room. */
const addWebhookOf = async (member: Member) => {
  for (const { id } of await app.store.webhooks.list({ limit: 1000, before: null }))
    await app.store.webhooks.delete(id);
  const webhook = webhookRecord({ id: member.id, url: hookUrl(member) });
  await app.store.webhooks.insert(webhook, 'secret', 100);
};
const webhookAt = async (member: Member) =>
  (await app.store.webhooks.list({ limit: 200, before: null })).find(({ url }) => url === hookUrl(member));
const deliveriesOf = ({ id }: Member) => app.store.deliveries.list({ webhookId: id, limit: 1, before: null });
const isRevoked = async ({ id }: { id: string }) => (await app.store.tokens.findById(id)) === null;
const team = ({ id }: Member, action = '') => `/organization/team/${id}${action && `/${action}`}`;
const change = (subject: 'actor' | 'target', action: string, json: object, command: string[]) => ({
  page: (scene: Scene, browser: Browser) => postForm(browser, team(scene[subject], action)),
  api: (scene: Scene): [string, string, object] => ['PATCH', `/users/${scene[subject].id}`, json],
  cli: (scene: Scene) => ({ argv: [...command, scene[subject].email] }),
});

const accounts = '/organization/service-accounts';
/** The ID of the service account about which the actions are. No member has it. */
const accountId = ({ id }: Member) => id.replace(/^./, 'f');
const account = (member: Member, action: string) => `${accounts}/${accountId(member)}/${action}`;
const addAccountOf = (member: Member) => addServiceAccount(app.store, `made-${member.id}`, { id: accountId(member) });
const accountOf = (member: Member) => app.store.serviceAccounts.findById(accountId(member));
const trustName = ({ id }: Member) => `trust-${id}`;
/** Creates a trust that has the ID of the member, so that the actions know it. */
const addTrustOf = async (member: Member) =>
  addTrust(app.store, await addAccountOf(member), { id: member.id, name: trustName(member) });
const trustsOf = (member: Member) => app.store.trusts.list({ limit: 1, before: null, name: trustName(member) });

/** The ID of another session of the member. No member has it. */
const sessionId = ({ id }: Member) => id.replace(/^./, 'e');
const sessionIp = '203.0.113.77';
const addSessionOf = async (member: Member) => {
  const [session] = await sessionsOf(member);
  if (session === undefined) throw new Error('The member has no session');
  await app.store.sessions.insert({ ...session, id: sessionId(member), hash: `of ${member.id}`, ip: sessionIp });
};
const sessionsOf = ({ id }: Member) => app.store.sessions.listOf(id, app.services.sessionLifetimes.bounds(), 10);
const hasSession = async (member: Member) => (await sessionsOf(member)).some(({ id }) => id === sessionId(member));

/** Posts a form as a page of the console does, with the visitor's form token. */
async function postForm(browser: Browser, path: string, fields: Record<string, string> = {}): Promise<Shown> {
  let { html } = await browser.get('/logout');
  if (html === '') ({ html } = await browser.get('/login'));
  const [, form_token = ''] = /name="form_token" value="([^"]*)"/.exec(html) ?? [];
  return browser.post(path, { form_token, ...fields });
}

const actions: Record<string, Action> = {
  'sign in': {
    roles: ['visitor', ...signedIn],
    page: async ({ actor: { email } }) => postForm(openConsole(app), '/login', { email, password }),
    api: ({ actor: { email } }) => ['POST', '/sessions', { email, password }],
    cli: ({ actor: { email } }) => ({ argv: ['login', '--email', email, '--password-stdin'], stdin: `${password}\n` }),
    isDone: async ({ actor }) =>
      (await app.store.audit.list({ limit: 50, before: null, participant: actor.id, action: 'session.created' }))
        .length > 0,
  },
  'view the own profile': {
    roles: signedIn,
    page: (_scene, browser) => browser.get('/profile'),
    api: () => ['GET', '/me'],
    cli: () => ({ argv: ['whoami'] }),
    isDone: ({ actor }, output) => output.includes(actor.email),
  },
  'change the own password': {
    roles: signedIn,
    prepare: async ({ actor }) =>
      app.store.users.setPasswordHash(actor.id, (await userOf(app.root)).passwordHash ?? ''),
    page: (_scene, browser) =>
      postForm(browser, '/profile/password', { current: password, new: nextPassword, again: nextPassword }),
    api: () => ['PUT', '/me/password', { current: password, new: nextPassword }],
    cli: () => ({ argv: ['password', '--password-stdin'], stdin: `${password}\n${nextPassword}\n` }),
    isDone: async ({ actor }) => (await userOf(actor)).passwordHash !== (await userOf(app.root)).passwordHash,
  },
  'list the own sessions': {
    roles: signedIn,
    prepare: ({ actor }) => addSessionOf(actor),
    page: (_scene, browser) => browser.get('/profile'),
    api: () => ['GET', '/sessions'],
    cli: () => ({ argv: ['sessions', 'list'] }),
    isDone: (_scene, output) => output.includes(sessionIp),
  },
  'end an own session': {
    roles: signedIn,
    prepare: ({ actor }) => addSessionOf(actor),
    page: ({ actor }, browser) => postForm(browser, `/profile/sessions/${sessionId(actor)}/end`),
    api: ({ actor }) => ['DELETE', `/sessions/${sessionId(actor)}`],
    cli: ({ actor }) => ({ argv: ['sessions', 'end', sessionId(actor)] }),
    isDone: async ({ actor }) => !(await hasSession(actor)),
  },
  'end all other own sessions': {
    roles: signedIn,
    prepare: ({ actor }) => addSessionOf(actor),
    page: (_scene, browser) => postForm(browser, '/profile/sessions/end-others'),
    api: () => ['DELETE', '/sessions/others'],
    cli: () => ({ argv: ['sessions', 'end', '--others'] }),
    isDone: async ({ actor }) => !(await hasSession(actor)),
  },
  "list another member's sessions": {
    roles: readers,
    prepare: ({ target }) => addSessionOf(target),
    page: ({ target }, browser) => browser.get(team(target)),
    api: ({ target }) => ['GET', `/users/${target.id}/sessions`],
    cli: ({ target }) => ({ argv: ['sessions', 'list', '--user', target.email] }),
    isDone: (_scene, output) => output.includes(sessionIp),
  },
  "end another member's session": {
    roles: superusers,
    prepare: ({ target }) => addSessionOf(target),
    page: ({ target }, browser) => postForm(browser, team(target, `sessions/${sessionId(target)}/end`)),
    api: ({ target }) => ['DELETE', `/users/${target.id}/sessions/${sessionId(target)}`],
    cli: ({ target }) => ({ argv: ['sessions', 'end', sessionId(target), '--user', target.email] }),
    isDone: async ({ target }) => !(await hasSession(target)),
  },
  "end all of another member's sessions": {
    roles: superusers,
    page: ({ target }, browser) => postForm(browser, team(target, 'end-sessions')),
    api: ({ target }) => ['DELETE', `/users/${target.id}/sessions`],
    cli: ({ target }) => ({ argv: ['sessions', 'end', '--all', '--user', target.email] }),
    isDone: async ({ target }) => (await sessionsOf(target)).length === 0,
  },
  'create a token': {
    roles: withPermission,
    page: (_scene, browser) => postForm(browser, '/profile/api-tokens', { name: 'new', expires: 'never' }),
    api: () => ['POST', '/tokens', { name: 'new' }],
    cli: () => ({ argv: ['create', 'new'] }),
    isDone: async ({ actor }) => (await app.store.users.summary(actor.id))?.tokenCount === 2,
  },
  'list the own tokens': {
    roles: signedIn,
    page: (_scene, browser) => browser.get('/profile/api-tokens'),
    api: () => ['GET', '/tokens'],
    cli: () => ({ argv: ['list'] }),
    isDone: ({ ownToken }, output) => output.includes(ownToken.name),
  },
  'revoke an own token': {
    roles: signedIn,
    page: ({ ownToken }, browser) => postForm(browser, `/profile/api-tokens/${ownToken.id}/revoke`),
    api: ({ ownToken }) => ['DELETE', `/tokens/${ownToken.id}`],
    cli: ({ ownToken }) => ({ argv: ['revoke', ownToken.name, '--yes'] }),
    isDone: ({ ownToken }) => isRevoked(ownToken),
  },
  'rotate an own token': {
    roles: withPermission,
    api: ({ ownToken }) => ['POST', `/tokens/${ownToken.id}/rotate`, {}],
    cli: ({ ownToken }) => ({ argv: ['rotate', ownToken.name] }),
    isDone: async ({ ownToken }) => (await tokenOf(ownToken)).rotatedAt !== null,
  },
  "rotate another member's token": {
    roles: [],
    api: ({ targetToken }) => ['POST', `/tokens/${targetToken.id}/rotate`, {}],
    cli: ({ targetToken }) => ({ argv: ['rotate', targetToken.name] }),
    isDone: async ({ targetToken }) => (await tokenOf(targetToken)).rotatedAt !== null,
  },
  'end the old value of an own token': {
    roles: withPermission,
    prepare: ({ actor, ownToken }) => app.ask(`/api/v1/tokens/${ownToken.id}/rotate`, { as: actor, json: {} }),
    api: ({ ownToken }) => ['DELETE', `/tokens/${ownToken.id}/previous`],
    cli: ({ ownToken }) => ({ argv: ['rotate', ownToken.name, '--finish'] }),
    isDone: async ({ ownToken }) => {
      const { rotatedAt, previous } = await tokenOf(ownToken);
      return rotatedAt !== null && (previous === null || previous.validUntil <= app.clock.now());
    },
  },
  'change an own token': {
    roles: withPermission,
    api: ({ ownToken }) => ['PATCH', `/tokens/${ownToken.id}`, { description: 'Changed' }],
    cli: ({ ownToken }) => ({ argv: ['edit', ownToken.name, '--description', 'Changed'] }),
    isDone: async ({ ownToken }) => (await tokenOf(ownToken)).description === 'Changed',
  },
  'limit an own token with rules': {
    roles: withPermission,
    page: ({ ownToken }, browser) =>
      postForm(browser, `/profile/api-tokens/${ownToken.id}/edit`, { name: ownToken.name, allow: 'GET /api/**' }),
    api: ({ ownToken }) => ['PATCH', `/tokens/${ownToken.id}`, { allow: ['GET /api/**'] }],
    cli: ({ ownToken }) => ({ argv: ['edit', ownToken.name, '--allow', 'GET /api/**'] }),
    isDone: async ({ ownToken }) => (await tokenOf(ownToken)).rules !== null,
  },
  "change the rules of another member's token": {
    roles: [],
    page: ({ targetToken }, browser) =>
      postForm(browser, `/profile/api-tokens/${targetToken.id}/edit`, { name: targetToken.name, allow: 'GET /' }),
    api: ({ targetToken }) => ['PATCH', `/tokens/${targetToken.id}`, { allow: ['GET /'] }],
    cli: ({ targetToken }) => ({ argv: ['edit', targetToken.name, '--allow', 'GET /'] }),
    isDone: async ({ targetToken }) => (await tokenOf(targetToken)).rules !== null,
  },
  'pause an own token': {
    roles: signedIn,
    api: ({ ownToken }) => ['POST', `/tokens/${ownToken.id}/pause`, {}],
    cli: ({ ownToken }) => ({ argv: ['pause', ownToken.name] }),
    isDone: async ({ ownToken }) => (await tokenOf(ownToken)).pausedAt !== null,
  },
  'pause several own tokens': {
    roles: signedIn,
    page: ({ ownToken }, browser) =>
      postForm(browser, '/profile/api-tokens/selected', { action: 'pause', ids: ownToken.id }),
    api: ({ ownToken }) => ['POST', '/tokens/pause', { ids: [ownToken.id] }],
    cli: ({ ownToken }) => ({ argv: ['pause', ownToken.name, ownToken.prefix] }),
    isDone: async ({ ownToken }) => (await tokenOf(ownToken)).pausedAt !== null,
  },
  'resume several own tokens': {
    roles: signedIn,
    prepare: ({ actor, ownToken }) => app.ask(`/api/v1/tokens/${ownToken.id}/pause`, { as: actor, json: {} }),
    page: ({ ownToken }, browser) =>
      postForm(browser, '/profile/api-tokens/selected', { action: 'resume', ids: ownToken.id }),
    api: ({ ownToken }) => ['POST', '/tokens/resume', { ids: [ownToken.id] }],
    cli: ({ ownToken }) => ({ argv: ['resume', ownToken.name, ownToken.prefix] }),
    isDone: async ({ ownToken }) => (await tokenOf(ownToken)).pausedAt === null,
  },
  'list the own canaries': {
    roles: signedIn,
    prepare: ({ actor }) => addToken(app.store, actor.id, { name: 'decoy', nameFolded: 'decoy', canary: true }),
    page: (_scene, browser) => browser.get('/profile/api-tokens?canaries=only'),
    api: () => ['GET', '/tokens?canaries=only'],
    cli: () => ({ argv: ['list', '--canaries'] }),
    isDone: ({ ownToken }, output) => output.includes('decoy') && !output.includes(ownToken.name),
  },
  'revoke several own tokens': {
    roles: signedIn,
    page: ({ ownToken }, browser) =>
      postForm(browser, '/profile/api-tokens/selected', { action: 'revoke', ids: ownToken.id }),
    api: ({ ownToken }) => ['POST', '/tokens/revoke', { ids: [ownToken.id] }],
    cli: ({ ownToken }) => ({ argv: ['revoke', ownToken.name, ownToken.prefix, '--yes'] }),
    isDone: ({ ownToken }) => isRevoked(ownToken),
  },
  "pause another member's token": {
    roles: superusers,
    api: ({ targetToken }) => ['POST', `/tokens/${targetToken.id}/pause`, {}],
    cli: ({ target, targetToken }) => ({ argv: ['pause', targetToken.name, '--user', target.email] }),
    isDone: async ({ targetToken }) => (await tokenOf(targetToken)).pausedAt !== null,
  },
  "resume another member's token": {
    roles: superusers,
    prepare: ({ target, targetToken }) => app.ask(`/api/v1/tokens/${targetToken.id}/pause`, { as: target, json: {} }),
    api: ({ targetToken }) => ['POST', `/tokens/${targetToken.id}/resume`],
    cli: ({ target, targetToken }) => ({ argv: ['resume', targetToken.name, '--user', target.email] }),
    isDone: async ({ targetToken }) => (await tokenOf(targetToken)).pausedAt === null,
  },
  "list another member's tokens": {
    roles: readers,
    page: ({ target }, browser) => browser.get(team(target)),
    api: ({ target }) => ['GET', `/tokens?user=${target.email}`],
    cli: ({ target }) => ({ argv: ['list', '--user', target.email] }),
    isDone: ({ targetToken }, output) => output.includes(targetToken.name),
  },
  "test a request with another member's token": {
    roles: superusers,
    api: ({ targetToken }) => ['POST', `/tokens/${targetToken.id}/test`, { method: 'GET', path: '/' }],
    cli: ({ target, targetToken }) => ({
      argv: ['test', targetToken.name, '--user', target.email, '--method', 'GET', '--path', '/'],
    }),
    isDone: (_scene, output) => output.includes('allow'),
  },
  "revoke another member's token": {
    roles: superusers,
    page: ({ target, targetToken }, browser) => postForm(browser, team(target, `tokens/${targetToken.id}/revoke`)),
    api: ({ targetToken }) => ['DELETE', `/tokens/${targetToken.id}`],
    cli: ({ target, targetToken }) => ({ argv: ['revoke', targetToken.name, '--user', target.email, '--yes'] }),
    isDone: ({ targetToken }) => isRevoked(targetToken),
  },
  "revoke another member's token through the own profile": {
    roles: superusers,
    page: ({ targetToken }, browser) => postForm(browser, `/profile/api-tokens/${targetToken.id}/revoke`),
    api: ({ targetToken }) => ['DELETE', `/tokens/${targetToken.id}`],
    cli: ({ target, targetToken }) => ({ argv: ['revoke', targetToken.name, '--user', target.email, '--yes'] }),
    isDone: ({ targetToken }) => isRevoked(targetToken),
  },
  'revoke all tokens of a member': {
    roles: superusers,
    page: ({ target }, browser) => postForm(browser, team(target, 'revoke-tokens')),
    api: ({ target }) => ['DELETE', `/users/${target.id}/tokens`],
    cli: ({ target }) => ({ argv: ['revoke', '--all', '--user', target.email, '--yes'] }),
    isDone: ({ targetToken }) => isRevoked(targetToken),
  },
  'list the members': {
    roles: readers,
    page: ({ target }, browser) => browser.get(`/organization/team?q=${target.email}`),
    api: ({ target }) => ['GET', `/users?email=${target.email}`],
    cli: () => ({ argv: ['users', 'list'] }),
    isDone: ({ target }, output) => output.includes(target.email),
  },
  'add a member': {
    roles: superusers,
    page: ({ actor }, browser) => postForm(browser, '/organization/team', { email: `by.${actor.email}`, name: '' }),
    api: ({ actor }) => ['POST', '/users', { email: `by.${actor.email}` }],
    cli: ({ actor }) => ({ argv: ['users', 'add', `by.${actor.email}`] }),
    isDone: async ({ actor }) => (await app.store.users.findByEmail(foldName(`by.${actor.email}`))) !== null,
  },
  "change a member's email address and name": {
    roles: superusers,
    page: ({ target }, browser) =>
      postForm(browser, team(target, 'edit'), { name: 'Edited', email: `new.${target.email}` }),
    api: ({ target }) => ['PATCH', `/users/${target.id}`, { name: 'Edited', email: `new.${target.email}` }],
    cli: ({ target }) => ({
      argv: ['users', 'edit', target.email, '--name', 'Edited', '--email', `new.${target.email}`],
    }),
    isDone: async ({ target }) => {
      const { name, email } = await userOf(target);
      return name === 'Edited' && email === `new.${target.email}`;
    },
  },
  'delete a member': {
    roles: superusers,
    page: ({ target }, browser) => postForm(browser, team(target, 'delete')),
    api: ({ target }) => ['DELETE', `/users/${target.id}`],
    cli: ({ target }) => ({ argv: ['users', 'delete', target.email, '--yes'] }),
    isDone: async ({ target, targetToken }) =>
      (await app.store.users.findById(target.id)) === null && (await isRevoked(targetToken)),
  },
  'erase a disabled member': {
    roles: superusers,
    prepare: ({ target }) => app.store.users.setDisabled(target.id, true),
    page: ({ target }, browser) => postForm(browser, team(target, 'erase')),
    api: ({ target }) => ['POST', `/users/${target.id}/erase`],
    cli: ({ target }) => ({ argv: ['users', 'erase', target.email, '--yes'] }),
    isDone: async ({ target }) => (await app.store.users.findById(target.id)) === null,
  },
  'read what is stored about a member': {
    roles: superusers,
    api: ({ target }) => ['GET', `/users/${target.id}/data`],
    cli: ({ target }) => ({ argv: ['users', 'data', target.email] }),
    isDone: ({ targetToken }, output) => output.includes(targetToken.id),
  },
  'read what is stored about oneself': {
    roles: signedIn,
    api: ({ actor }) => ['GET', `/users/${actor.id}/data`],
    cli: ({ actor }) => ({ argv: ['users', 'data', actor.email] }),
    isDone: ({ ownToken }, output) => output.includes(ownToken.id),
  },
  'delete the own account': {
    roles: [],
    page: ({ actor }, browser) => postForm(browser, team(actor, 'delete')),
    api: ({ actor }) => ['DELETE', `/users/${actor.id}`],
    cli: ({ actor }) => ({ argv: ['users', 'delete', actor.email, '--yes'] }),
    isDone: async ({ actor }) => (await app.store.users.findById(actor.id)) === null,
  },
  'add several members at once': {
    roles: superusers,
    page: ({ actor }, browser) => postForm(browser, '/organization/team/invite', { addresses: inviteeOf(actor) }),
    api: ({ actor }) => ['POST', '/users', { email: inviteeOf(actor) }],
    cli: ({ actor }) => ({ argv: ['users', 'add', '--file', '-'], stdin: `email\n${inviteeOf(actor)}\n` }),
    isDone: async ({ actor }) => (await app.store.users.findByEmail(inviteeOf(actor))) !== null,
  },
  'invite a member again': {
    roles: superusers,
    prepare: async ({ target }) => {
      // Takes the password away again, so that the member is invited.
      await app.store.users.setPasswordUntilSso(target.id, 'x');
      await app.store.users.removePasswordUntilSso(target.id);
    },
    page: ({ target }, browser) => postForm(browser, team(target, 'invite')),
    api: ({ target }) => ['POST', `/users/${target.id}/invitation`],
    cli: ({ target }) => ({ argv: ['users', 'invite', target.email] }),
    isDone: async ({ target }) =>
      (await app.store.audit.list({ ...latest(target), action: 'user.invitation_shown' })).length > 0,
  },
  'make an invitation link': {
    roles: superusers,
    prepare: async ({ target }) => {
      await app.store.users.setPasswordUntilSso(target.id, 'x');
      await app.store.users.removePasswordUntilSso(target.id);
    },
    page: ({ target }, browser) => postForm(browser, team(target, 'invitation-link')),
    api: ({ target }) => ['POST', `/users/${target.id}/invitation-link`],
    cli: ({ target }) => ({ argv: ['users', 'invite', target.email, '--link'] }),
    isDone: async ({ target }) =>
      (await app.store.audit.list({ ...latest(target), action: 'user.invitation_link_created' })).length > 0,
  },
  'grant the permission': {
    ...change('target', 'grant', { can_manage_tokens: true }, ['grant']),
    roles: superusers,
    prepare: ({ target }) => app.store.users.setCanManageTokens(target.id, false),
    isDone: async ({ target }) => (await userOf(target)).canManageTokens,
  },
  'grant the permission to oneself': {
    ...change('actor', 'grant', { can_manage_tokens: true }, ['grant']),
    roles: superusers,
    prepare: ({ actor }) => app.store.users.setCanManageTokens(actor.id, false),
    isDone: async ({ actor }) => (await userOf(actor)).canManageTokens,
  },
  'remove the permission': {
    ...change('target', 'ungrant', { can_manage_tokens: false }, ['ungrant']),
    roles: superusers,
    isDone: async ({ target }) => !(await userOf(target)).canManageTokens,
  },
  'disable an account': {
    ...change('target', 'disable', { disabled: true }, ['users', 'disable']),
    roles: superusers,
    isDone: async ({ target }) => (await userOf(target)).disabled,
  },
  'enable an account': {
    ...change('target', 'enable', { disabled: false }, ['users', 'enable']),
    roles: superusers,
    prepare: ({ target }) => app.store.users.setDisabled(target.id, true),
    isDone: async ({ target }) => !(await userOf(target)).disabled,
  },
  'promote a member': {
    ...change('target', 'promote', { superuser: true }, ['users', 'promote']),
    roles: superusers,
    isDone: async ({ target }) => (await userOf(target)).superuser,
  },
  'promote oneself': {
    ...change('actor', 'promote', { superuser: true }, ['users', 'promote']),
    roles: superusers,
    isDone: async ({ actor }) => (await userOf(actor)).superuser,
  },
  'demote a superuser': {
    ...change('target', 'demote', { superuser: false }, ['users', 'demote']),
    roles: superusers,
    prepare: ({ target }) => app.store.users.setSuperuser(target.id, true),
    isDone: async ({ target }) => !(await userOf(target)).superuser,
  },
  'grant the role auditor': {
    ...change('target', 'make-auditor', { auditor: true }, ['users', 'promote', '--auditor']),
    roles: superusers,
    isDone: async ({ target }) => (await userOf(target)).auditor,
  },
  'give oneself the role auditor': {
    ...change('actor', 'make-auditor', { auditor: true }, ['users', 'promote', '--auditor']),
    roles: superusers,
    isDone: async ({ actor }) => (await userOf(actor)).auditor,
  },
  'remove the role auditor': {
    ...change('target', 'remove-auditor', { auditor: false }, ['users', 'demote', '--auditor']),
    roles: superusers,
    prepare: ({ target }) => app.store.users.setAuditor(target.id, true),
    isDone: async ({ target }) => !(await userOf(target)).auditor,
  },
  'demote oneself': {
    ...change('actor', 'demote', { superuser: false }, ['users', 'demote']),
    roles: replaceable,
    isDone: async ({ actor }) => (await app.store.audit.list({ ...latest(actor), action: 'user.demoted' })).length > 0,
  },
  'disable the own account': {
    ...change('actor', 'disable', { disabled: true }, ['users', 'disable']),
    roles: replaceable,
    isDone: async ({ actor }) => (await app.store.audit.list({ ...latest(actor), action: 'user.disabled' })).length > 0,
  },
  'unbind a member from single sign-on': {
    roles: superusers,
    prepare: ({ target }) =>
      app.store.users.setIdentity(target.id, { issuer: 'https://sso.example.com', subject: target.id }),
    page: ({ target }, browser) => postForm(browser, team(target, 'unbind')),
    api: ({ target }) => ['DELETE', `/users/${target.id}/identity`],
    cli: ({ target }) => ({ argv: ['users', 'unbind', target.email, '--yes'] }),
    isDone: async ({ target }) => (await app.store.users.summary(target.id))?.hasIdentity === false,
  },
  offboard: {
    roles: superusers,
    page: ({ target }, browser) => postForm(browser, team(target, 'offboard')),
    api: ({ target }) => ['POST', `/users/${target.id}/offboard`, {}],
    cli: ({ target }) => ({ argv: ['offboard', target.email, '--yes'] }),
    isDone: async ({ target, targetToken }) => (await userOf(target)).disabled && (await isRevoked(targetToken)),
  },
  'offboard oneself': {
    roles: [],
    page: ({ actor }, browser) => postForm(browser, team(actor, 'offboard')),
    api: ({ actor }) => ['POST', `/users/${actor.id}/offboard`, {}],
    cli: ({ actor }) => ({ argv: ['offboard', actor.email, '--yes'] }),
    isDone: async ({ actor }) => (await userOf(actor)).disabled,
  },
  'offboard a member whose tokens in use a service account receives': {
    roles: superusers,
    prepare: async ({ target, targetToken }) => {
      await addServiceAccount(app.store, `sa-${target.id}`);
      await app.store.tokens.recordUses([useOf(targetToken.id, { at: app.clock.now() })]);
    },
    page: ({ target }, browser) => postForm(browser, team(target, 'offboard'), { transfer_to: `sa-${target.id}` }),
    api: ({ target }) => ['POST', `/users/${target.id}/offboard`, { transfer_to: `sa-${target.id}` }],
    cli: ({ target }) => ({ argv: ['offboard', target.email, '--transfer-to', `sa-${target.id}`, '--yes'] }),
    isDone: async ({ target, targetToken }) =>
      (await userOf(target)).disabled && (await ownerEmailOf(targetToken)) === `service-account:sa-${target.id}`,
  },
  'transfer an own token to a service account that one maintains': {
    roles: ['developer', ...superusers],
    prepare: async ({ actor }) => {
      const { id } = await addServiceAccount(app.store, `sa-${actor.id}`);
      await app.store.serviceAccounts.addMaintainer(id, actor.id);
    },
    api: ({ actor, ownToken }) => ['POST', `/tokens/${ownToken.id}/transfer`, { to: `sa-${actor.id}` }],
    cli: ({ actor, ownToken }) => ({ argv: ['transfer', ownToken.name, '--to', `sa-${actor.id}`] }),
    isDone: async ({ actor, ownToken }) => (await ownerEmailOf(ownToken)) === `service-account:sa-${actor.id}`,
  },
  "transfer another member's token": {
    roles: superusers,
    prepare: async ({ actor, target }) => {
      const { id } = await addServiceAccount(app.store, `sa-${target.id}`);
      await app.store.serviceAccounts.addMaintainer(id, actor.id);
    },
    api: ({ target, targetToken }) => ['POST', `/tokens/${targetToken.id}/transfer`, { to: `sa-${target.id}` }],
    cli: ({ target, targetToken }) => ({
      argv: ['transfer', targetToken.name, '--to', `sa-${target.id}`, '--user', target.email],
    }),
    isDone: async ({ target, targetToken }) => (await ownerEmailOf(targetToken)) === `service-account:sa-${target.id}`,
  },
  'list the apps': {
    roles: signedIn,
    prepare: ({ target }) => addApp(app.store, { name: `app-${target.id}` }),
    api: () => ['GET', '/apps'],
    cli: () => ({ argv: ['apps', 'list'] }),
    isDone: ({ target }, output) => output.includes(`app-${target.id}`),
  },
  'register an app': {
    roles: superusers,
    page: ({ target }, browser) => postForm(browser, '/organization/apps', { name: `app-${target.id}` }),
    api: ({ target }) => ['POST', '/apps', { name: `app-${target.id}` }],
    cli: ({ target }) => ({ argv: ['apps', 'create', `app-${target.id}`] }),
    isDone: async ({ target }) => (await appsNamed(target)).length > 0,
  },
  'change an app': {
    roles: superusers,
    // The app has the ID of the member, so that the actions know it.
    prepare: ({ target }) => addApp(app.store, { id: target.id, name: `app-${target.id}` }),
    page: ({ target }, browser) => postForm(browser, `/organization/apps/${target.id}/edit`, { groups: 'developers' }),
    api: ({ target }) => ['PATCH', `/apps/${target.id}`, { groups: ['developers'] }],
    cli: ({ target }) => ({ argv: ['apps', 'edit', `app-${target.id}`, '--group', 'developers'] }),
    isDone: async ({ target }) => (await appsNamed(target)).some(({ groups }) => groups.length > 0),
  },
  'delete an app': {
    roles: superusers,
    prepare: ({ target }) => addApp(app.store, { id: target.id, name: `app-${target.id}` }),
    page: ({ target }, browser) => postForm(browser, `/organization/apps/${target.id}/delete`),
    api: ({ target }) => ['DELETE', `/apps/${target.id}`],
    cli: ({ target }) => ({ argv: ['apps', 'delete', `app-${target.id}`, '--yes'] }),
    isDone: async ({ target }) => (await appsNamed(target)).length === 0,
  },
  'create a service account': {
    roles: superusers,
    page: ({ target }, browser) => postForm(browser, accounts, { name: `made-${target.id}` }),
    api: ({ target }) => ['POST', '/service-accounts', { name: `made-${target.id}` }],
    cli: ({ target }) => ({ argv: ['service-accounts', 'create', `made-${target.id}`] }),
    isDone: async ({ target }) => (await app.store.serviceAccounts.findByName(`made-${target.id}`)) !== null,
  },
  'describe a service account': {
    // Nobody in these scenes maintains it.
    roles: superusers,
    prepare: ({ target }) => addAccountOf(target),
    page: ({ target }, browser) => postForm(browser, account(target, 'edit'), { description: 'Builds' }),
    api: ({ target }) => ['PATCH', `/service-accounts/${accountId(target)}`, { description: 'Builds' }],
    cli: ({ target }) => ({ argv: ['service-accounts', 'edit', `made-${target.id}`, '--description', 'Builds'] }),
    isDone: async ({ target }) => (await accountOf(target))?.description === 'Builds',
  },
  'disable a service account': {
    roles: superusers,
    prepare: ({ target }) => addAccountOf(target),
    page: ({ target }, browser) => postForm(browser, account(target, 'disable')),
    api: ({ target }) => ['PATCH', `/service-accounts/${accountId(target)}`, { disabled: true }],
    cli: ({ target }) => ({ argv: ['service-accounts', 'disable', `made-${target.id}`] }),
    isDone: async ({ target }) => (await accountOf(target))?.disabled === true,
  },
  'delete a service account': {
    roles: superusers,
    prepare: ({ target }) => addAccountOf(target),
    page: ({ target }, browser) => postForm(browser, account(target, 'delete')),
    api: ({ target }) => ['DELETE', `/service-accounts/${accountId(target)}`],
    cli: ({ target }) => ({ argv: ['service-accounts', 'delete', `made-${target.id}`, '--yes'] }),
    isDone: async ({ target }) => (await accountOf(target)) === null,
  },
  'create a trust': {
    roles: superusers,
    prepare: ({ target }) => addAccountOf(target),
    page: ({ target }, browser) => {
      const form = { name: trustName(target), service_account: `made-${target.id}`, repository: 'acme/api' };
      return postForm(browser, '/organization/trusts', { ...form, ttl: '15m' });
    },
    api: ({ target }) => {
      const body = { name: trustName(target), service_account: `made-${target.id}`, claims: { sub: 'x' } };
      return ['POST', '/trusts', { ...body, issuer: 'https://id.example.com' }];
    },
    cli: ({ target }) => ({
      argv: ['trusts', 'create', trustName(target), '-s', `made-${target.id}`, '--github', 'acme/api'],
    }),
    isDone: async ({ target }) => (await trustsOf(target)).length > 0,
  },
  'read a trust': {
    roles: readers,
    prepare: ({ target }) => addTrustOf(target),
    page: ({ target }, browser) => browser.get(`/organization/trusts/${target.id}`),
    api: ({ target }) => ['GET', `/trusts/${target.id}`],
    cli: ({ target }) => ({ argv: ['trusts', 'show', trustName(target)] }),
    isDone: ({ target }, output) => output.includes(`made-${target.id}`),
  },
  'change a trust': {
    roles: superusers,
    prepare: ({ target }) => addTrustOf(target),
    page: ({ target }, browser) => {
      const form = { service_account: `made-${target.id}`, issuer: 'https://id.example.com', claims: 'sub=a' };
      return postForm(browser, `/organization/trusts/${target.id}/edit`, { ...form, ttl: '1m' });
    },
    api: ({ target }) => ['PATCH', `/trusts/${target.id}`, { ttl: 60 }],
    cli: ({ target }) => ({ argv: ['trusts', 'edit', trustName(target), '--ttl', '1m'] }),
    isDone: async ({ target }) => (await trustsOf(target))[0]?.ttlSeconds === 60,
  },
  'delete a trust': {
    roles: superusers,
    prepare: ({ target }) => addTrustOf(target),
    page: ({ target }, browser) => postForm(browser, `/organization/trusts/${target.id}/delete`),
    api: ({ target }) => ['DELETE', `/trusts/${target.id}`],
    cli: ({ target }) => ({ argv: ['trusts', 'delete', trustName(target), '--yes'] }),
    isDone: async ({ target }) => (await trustsOf(target)).length === 0,
  },
  'create an OAuth client': {
    roles: superusers,
    page: ({ target }, browser) => postForm(browser, clients, { name: `made-${target.id}` }),
    api: ({ target }) => ['POST', '/clients', { name: `made-${target.id}` }],
    cli: ({ target }) => ({ argv: ['clients', 'create', `made-${target.id}`] }),
    isDone: async ({ target }) => (await clientsNamed(`made-${target.id}`)).length === 1,
  },
  'list the OAuth clients': {
    roles: readers,
    prepare: ({ target }) => addClientOf(target),
    page: (_scene, browser) => browser.get(clients),
    api: () => ['GET', '/clients'],
    cli: () => ({ argv: ['clients', 'list'] }),
    isDone: ({ target }, output) => output.includes(`client-${target.id}`),
  },
  'rotate the secret of an OAuth client': {
    roles: superusers,
    prepare: ({ target }) => addClientOf(target),
    page: ({ target }, browser) => postForm(browser, `${clients}/${target.id}/rotate-secret`),
    api: ({ target }) => ['POST', `/clients/${target.id}/secret`],
    cli: ({ target }) => ({ argv: ['clients', 'rotate', `client-${target.id}`] }),
    isDone: async ({ target }) => (await app.store.clients.findById(target.id))?.secretHash !== 'hash',
  },
  'delete an OAuth client': {
    roles: superusers,
    prepare: ({ target }) => addClientOf(target),
    page: ({ target }, browser) => postForm(browser, `${clients}/${target.id}/delete`),
    api: ({ target }) => ['DELETE', `/clients/${target.id}`],
    cli: ({ target }) => ({ argv: ['clients', 'delete', `client-${target.id}`, '--yes'] }),
    isDone: async ({ target }) => (await app.store.clients.findById(target.id)) === null,
  },
  'change an OAuth client': {
    roles: superusers,
    prepare: ({ target }) => addClientOf(target),
    page: ({ target }, browser) => postForm(browser, `${clients}/${target.id}/edit`, { can_revoke: 'yes' }),
    api: ({ target }) => ['PATCH', `/clients/${target.id}`, { can_revoke: true }],
    cli: ({ target }) => ({ argv: ['clients', 'edit', `client-${target.id}`, '--can-revoke'] }),
    isDone: async ({ target }) => (await app.store.clients.findById(target.id))?.canRevoke === true,
  },
  'list the webhooks': {
    roles: readers,
    prepare: ({ target }) => addWebhookOf(target),
    page: (_scene, browser) => browser.get('/organization/webhooks'),
    api: () => ['GET', '/webhooks?limit=200'],
    cli: () => ({ argv: ['webhooks', 'list'] }),
    isDone: ({ target }, output) => output.includes(target.id),
  },
  'read a webhook': {
    roles: readers,
    prepare: ({ target }) => addWebhookOf(target),
    page: ({ target }, browser) => browser.get(`/organization/webhooks/${target.id}`),
    api: ({ target }) => ['GET', `/webhooks/${target.id}`],
    cli: ({ target }) => ({ argv: ['webhooks', 'show', target.id] }),
    isDone: (_scene, output) => output.includes('https://hooks.example.com/'),
  },
  'create a webhook': {
    roles: superusers,
    page: ({ target }, browser) =>
      postForm(browser, '/organization/webhooks', { url: hookUrl(target), events: 'token.*', format: 'standard' }),
    api: ({ target }) => ['POST', '/webhooks', { url: hookUrl(target), events: ['token.*'] }],
    cli: ({ target }) => ({ argv: ['webhooks', 'create', hookUrl(target), '--event', 'token.*'] }),
    isDone: async ({ target }) => (await webhookAt(target)) !== undefined,
  },
  'change a webhook': {
    roles: superusers,
    prepare: ({ target }) => addWebhookOf(target),
    page: ({ target }, browser) =>
      postForm(browser, `/organization/webhooks/${target.id}/edit`, {
        url: hookUrl(target),
        events: 'user.*',
        format: 'slack',
      }),
    api: ({ target }) => ['PATCH', `/webhooks/${target.id}`, { events: ['user.*'] }],
    cli: ({ target }) => ({ argv: ['webhooks', 'edit', target.id, '--event', 'user.*'] }),
    isDone: async ({ target }) => (await webhookAt(target))?.events[0] === 'user.*',
  },
  'rotate the secret of a webhook': {
    roles: superusers,
    prepare: ({ target }) => addWebhookOf(target),
    page: ({ target }, browser) => postForm(browser, `/organization/webhooks/${target.id}/rotate-secret`),
    api: ({ target }) => ['POST', `/webhooks/${target.id}/secret`],
    cli: ({ target }) => ({ argv: ['webhooks', 'rotate-secret', target.id] }),
    isDone: async ({ target }) => (await app.store.webhooks.secretsOf(target.id))?.previousSecret === 'secret',
  },
  'test a webhook': {
    roles: superusers,
    prepare: ({ target }) => addWebhookOf(target),
    page: ({ target }, browser) => postForm(browser, `/organization/webhooks/${target.id}/test`),
    api: ({ target }) => ['POST', `/webhooks/${target.id}/test`],
    cli: ({ target }) => ({ argv: ['webhooks', 'test', target.id] }),
    isDone: async ({ target }) => (await deliveriesOf(target)).length > 0,
  },
  'read the deliveries of a webhook': {
    roles: readers,
    prepare: async ({ target }) => {
      await addWebhookOf(target);
      await app.store.deliveries.queueTest(target.id, { id: target.id, at: app.clock.now() });
    },
    page: ({ target }, browser) => browser.get(`/organization/webhooks/${target.id}`),
    api: ({ target }) => ['GET', `/webhooks/${target.id}/deliveries`],
    cli: ({ target }) => ({ argv: ['webhooks', 'deliveries', target.id] }),
    isDone: (_scene, output) => output.includes('webhook.test'),
  },
  'send an event again': {
    roles: superusers,
    prepare: async ({ target }) => {
      await addWebhookOf(target);
      await app.store.deliveries.queueTest(target.id, { id: target.id, at: app.clock.now() });
    },
    api: ({ target }) => ['POST', `/webhooks/${target.id}/deliveries/${target.id}/retry`],
    cli: ({ target }) => ({ argv: ['webhooks', 'retry', target.id, target.id, '--json'] }),
    isDone: (_scene, output) => output.includes('"event":"webhook.test"'),
  },
  'delete a webhook': {
    roles: superusers,
    prepare: ({ target }) => addWebhookOf(target),
    page: ({ target }, browser) => postForm(browser, `/organization/webhooks/${target.id}/delete`),
    api: ({ target }) => ['DELETE', `/webhooks/${target.id}`],
    cli: ({ target }) => ({ argv: ['webhooks', 'delete', target.id, '--yes'] }),
    isDone: async ({ target }) => (await webhookAt(target)) === undefined,
  },
  'read the report on tokens': {
    roles: readers,
    api: () => ['GET', '/reports/tokens'],
    cli: () => ({ argv: ['report', '--json'] }),
    isDone: (_scene, output) => /"active":[1-9]/.test(output),
  },
  'read the audit of others': {
    roles: readers,
    prepare: ({ target }) => createToken(app, target, { name: `audited-${target.id}` }),
    page: ({ target }, browser) => browser.get(`/organization/audit?user=${target.id}`),
    api: ({ target }) => ['GET', `/audit?user=${target.id}`],
    cli: ({ target }) => ({ argv: ['audit', '--user', target.email] }),
    isDone: ({ target }, output) => output.includes(`audited-${target.id}`),
  },
};

const latest = ({ id }: Member) => ({ limit: 50, before: null, participant: id });

/** Creates an actor in that role and a target, both new, so that earlier attempts cannot affect this one. */
async function createScene(role: Role): Promise<Scene> {
  count += 1;
  const superuser = superusers.includes(role);
  const rights = { superuser, auditor: role === 'auditor', can_manage_tokens: true };
  const actor = await app.addMember({ email: `actor.${count}@example.com`, ...rights });
  const target = await app.addMember({ email: `target.${count}@example.com`, can_manage_tokens: true });
  // Written to the store directly, because creating a token takes longer than most of the actions.
  const [ownName, targetName] = [`own-${count}`, `target-${count}`];
  // Commands refuse a prefix that two tokens share.
  const number = String(count).padStart(5, '0');
  const own = { name: ownName, nameFolded: ownName, prefix: `tok_own${number}` };
  const ownToken = await addToken(app.store, actor.id, own);
  const others = { name: targetName, nameFolded: targetName, prefix: `tok_oth${number}` };
  const targetToken = await addToken(app.store, target.id, others);
  await app.store.users.setDisabled(app.root.id, false);
  if (role === 'disabled member') await app.store.users.setDisabled(actor.id, true);
  if (!withPermission.includes(role)) await app.store.users.setCanManageTokens(actor.id, false);
  if (role === 'last superuser') {
    for (const email of await app.store.users.superuserEmails(1000)) {
      const other = await app.store.users.findByEmail(foldName(email));
      if (other !== null && other.id !== actor.id) await app.store.users.setDisabled(other.id, true);
    }
  }
  return { actor, ownToken, target, targetToken };
}

type Outcome = 'allowed' | 'denied' | 'sign in first';

async function onPage({ page }: Action, scene: Scene, role: Role): Promise<[Outcome, string]> {
  if (!page) throw new Error('This action has no page.');
  const browser = role === 'visitor' ? openConsole(app) : openConsole(app, scene.actor);
  const { status, location, html } = await page(scene, browser);
  if (status === 303 && /^\/login(\?next=|$)/.test(location ?? '')) return ['sign in first', html];
  return [status < 400 ? 'allowed' : 'denied', html];
}

async function overApi({ api }: Action, scene: Scene, role: Role): Promise<[Outcome, string]> {
  const [method, path, json] = api(scene);
  const ask: Ask = { method, ...(json && { json }), ...(role !== 'visitor' && { as: scene.actor }) };
  const response = await app.ask(`/api/v1${path}`, ask);
  const body = await response.text();
  if (response.status === 401) return [body.includes('wrong-credentials') ? 'denied' : 'sign in first', body];
  return [response.status < 400 ? 'allowed' : 'denied', body];
}

async function onCommandLine(action: Action, scene: Scene, role: Role): Promise<[Outcome, string]> {
  const { argv, stdin } = action.cli(scene);
  const isSignIn = argv[0] === 'login';
  const surroundings: Surroundings = {
    ...(role !== 'visitor' && !isSignIn && cli.as(scene.actor)),
    ...(stdin !== undefined && { stdin }),
  };
  const { code, stdout, stderr } = await cli.run([...argv, '--json'], surroundings);
  if (isSignIn) await cli.run(['logout']);
  if (/"code": ?"(not-signed-in|not-authenticated)"/.test(stderr)) return ['sign in first', stdout];
  // A refusal prints a problem. Without one, exit code 1 reports what came of the action: the test event reaches nobody here.
  return [code === 0 || (code === 1 && stderr === '') ? 'allowed' : 'denied', stdout];
}

function surfacesOf({ page }: Action): Array<[surface: string, attempt: typeof overApi]> {
  return Object.entries({ ...(page && { onPage }), overApi, onCommandLine });
}

describe.each(Object.entries(actions))('%s', (_what, action) => {
  it.each(roles)('has the same outcome on the page, the API and the command line for a %s', async (role) => {
    const isAllowed = action.roles.includes(role);
    for (const [surface, attempt] of surfacesOf(action)) {
      const scene = await createScene(role);
      await action.prepare?.(scene);
      const wasDone = await action.isDone(scene, '');
      const [outcome, output] = await attempt(action, scene, role);
      const expected = isAllowed
        ? 'allowed'
        : role === 'visitor' || role === 'disabled member'
          ? 'sign in first'
          : 'denied';
      const isRejectedSignIn = action === actions['sign in'] && !isAllowed;
      expect({ surface, outcome }).toEqual({ surface, outcome: isRejectedSignIn ? 'denied' : expected });
      expect(await action.isDone(scene, output), surface).toBe(isAllowed || wasDone);
    }
  });
});
