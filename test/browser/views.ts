import { randomUUID } from 'node:crypto';
import type { Page } from 'playwright-core';
import type { AuditAction } from '../../shared/audit-actions.ts';
import { personAt } from '../helpers/app/sso.ts';
import { allowDenied, denyRequests, testBadRequest, testRequest } from '../helpers/console/deny-requests.ts';
import { deleteClients, storeClients, widestClient } from '../helpers/console/samples/clients.ts';
import { longAccount, longTrust } from '../helpers/console/samples/service-accounts.ts';
import { showMessage } from '../helpers/console/show-message.ts';
import { registerApp } from '../helpers/gate/gated.ts';
import { codeAt } from '../helpers/sign-in/totp.ts';
import { passkeyRecord } from '../store/contract/sign-in/passkeys.ts';
import type { World } from './world.ts';

export interface View {
  /** Also the file name of its screenshots. */
  name: string;
  /** Email address of the signed-in member; null for a visitor. */
  as: string | null;
  path(world: World): string | Promise<string>;
  /** Shows the page of a server where only superusers may use a password. */
  strict?: boolean;
  /** Steps to take on the page first. */
  act?(page: Page, world: World): Promise<unknown>;
}

const root = 'root@example.com';
const dev = 'dev@example.com';
const auditor = 'vera.holt@example.com';
const ssoMember = 'hana.sato@example.com';
const longMember = 'maximilian.wolfeschlegelsteinhausenbergerdorff.featherstonehaugh@subsidiary.example.com';
const at = (path: string) => () => path;

/** The page of the newest event with an action, or of the newest event. */
const auditEvent =
  (action: AuditAction) =>
  async ({ store }: World) => {
    const newest = { limit: 1, before: null };
    const [event] = [...(await store.audit.list({ ...newest, action })), ...(await store.audit.list(newest))];
    return `/organization/audit/${event?.id}`;
  };

/** Creates two dead letters and reloads the page. */
const giveUpMails = async (page: Page, { store, clock }: World) => {
  const now = clock.now();
  const mail = { to: longMember, subject: 'API token created: ci-deploy', text: '', html: '', createdAt: now };
  // Two views call this, and may share a world.
  const ids = [randomUUID(), randomUUID()];
  for (const id of ids) await store.outbox.enqueue({ ...mail, id, messageId: `<${id}@example.com>` });
  await store.outbox.claim({ now, leaseMs: 1000, leaseId: 'view', limit: 1000 });
  for (const id of ids) await store.outbox.giveUp(id, 'view', now, '550 5.1.1 no such user here');
  await page.reload();
};

/** Registers three apps, unless they exist, and changes the last one. Returns their IDs. */
async function storeApps({ store, ask, root: superuser, sessionOf }: World): Promise<string[]> {
  const as = { ...superuser, session: await sessionOf(superuser.email) };
  const url = 'https://grafana.example.com/';
  const apps = [
    { name: 'wiki' },
    { name: 'a-very-long-name-of-an-app-that-nobody-would-choose-but-somebody', hosts: ['builds.example.com'] },
    { name: 'grafana', url, hosts: ['grafana.example.com', 'metrics.example.com'], groups: ['developers'] },
  ];
  const ids: string[] = [];
  for (const app of apps) {
    const [found] = await store.apps.list({ limit: 1, before: null, name: app.name });
    const created = found ?? ((await (await ask('/api/v1/apps', { as, json: app })).json()) as { id: string });
    ids.push(created.id);
    if (found !== undefined || app.name !== 'grafana') continue;
    const json = { groups: ['developers', 'on-call, night'], max_expiry: 7_776_000, preflight: 'pass' };
    await ask(`/api/v1/apps/${created.id}`, { as, method: 'PATCH', json });
  }
  return ids;
}

const registerApps = async (page: Page, world: World) => {
  await storeApps(world);
  await page.reload();
};

/** The page of grafana, to which three tokens are restricted, or of another app, to which none is. */
const appPage =
  (query = '', index = 2) =>
  async (world: World) => {
    const ids = await storeApps(world);
    const tokens = await world.store.tokens.list({ limit: 9, before: null, now: world.clock.now() });
    const upstream = tokens.filter(({ manage }) => manage === null);
    for (const { id } of upstream.slice(0, 3)) await world.store.apps.setTokenApps(id, ids.slice(2));
    return `/organization/apps/${ids[index]}${query}`;
  };

/** Deletes all apps and reloads the page. */
const deleteApps = async (page: Page, { store }: World) => {
  for (const { id } of await store.apps.list({ limit: 200, before: null })) {
    await store.transaction((store) => store.apps.delete(id, true));
  }
  await page.reload();
};

const hookId = '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4b01';

/** Creates two webhooks, one of them with deliveries, unless they exist. */
async function storeWebhooks({ store, clock }: World): Promise<void> {
  if ((await store.webhooks.findById(hookId)) !== null) return;
  const now = clock.now();
  const hook = { events: ['token.*', 'session.failed'], disabled: false, createdAt: now, changedAt: now } as const;
  const url = `https://siem.example.com/${'a-very-long-path-'.repeat(9)}`;
  const siem = { ...hook, id: hookId, url, events: [...hook.events], description: 'Security team' };
  await store.webhooks.insert({ ...siem, format: 'standard' }, 'whsec_', 100);
  const chat = { ...siem, id: `${hookId.slice(0, -1)}2`, url: 'https://chat.example.com/', description: null };
  await store.webhooks.insert({ ...chat, format: 'slack', disabled: true }, 'whsec_', 100);
  for (const n of [1, 2, 3]) await store.deliveries.queueTest(hookId, { id: `${hookId.slice(0, -1)}${n}`, at: now });
  const lease = { webhookId: hookId, leaseId: 'view' };
  const [failed, delivered] = await store.deliveries.claim({ ...lease, now, leaseMs: 1000, limit: 2 });
  await store.deliveries.giveUp(lease, failed?.id ?? '', 'The receiver answered HTTP 500.');
  await store.deliveries.markDelivered(lease, [delivered?.id ?? ''], now);
}

const addWebhooks = async (page: Page, world: World) => {
  await storeWebhooks(world);
  await page.reload();
};

const deleteWebhooks = async (page: Page, { store }: World) => {
  for (const { id } of await store.webhooks.list({ limit: 200, before: null })) await store.webhooks.delete(id);
  await store.deliveries.purgeOrphans(200);
  await page.reload();
};

const createWebhook = async (page: Page) => {
  await page.getByLabel('URL').fill(`https://hooks.example.com/${Date.now()}`);
  await page.getByRole('button', { name: 'Create webhook' }).click();
  await page.getByRole('heading', { name: 'Copy the secret now' }).waitFor();
};

const webhookPage =
  (query = '') =>
  async (world: World) => {
    await storeWebhooks(world);
    return `/organization/webhooks/${hookId}${query}`;
  };

/** The page of a client with a wide name. */
const clientPage =
  (query = '') =>
  async (world: World) =>
    `${await widestClient(world)}${query}`;

const addClients = async (page: Page, world: World) => {
  await storeClients(world);
  await page.reload();
};

const noClients = async (page: Page, world: World) => {
  await deleteClients(world);
  await page.reload();
};

const createClient = async (page: Page) => {
  await page.getByLabel('Name', { exact: true }).fill(`gateway ${randomUUID()}`);
  await page.getByRole('button', { name: 'Create client' }).click();
  await page.getByRole('heading', { name: 'Copy the secret now' }).waitFor();
};

/** Opens the menu of the third row. In a narrow window, rows have none. */
const openMenu = async (page: Page) => {
  const button = page.getByRole('button', { name: /^Actions for/ }).nth(2);
  if (await button.isVisible()) await button.click();
};

/** Returns the member with a session of their own, to call the services with. */
export async function callerOf({ services, sessionOf }: World, email: string) {
  const found = await services.sessions.authenticate(await sessionOf(email));
  if (found === null) throw new Error(`${email} is not signed in.`);
  const clientInfo = { ip: null, userAgent: null };
  return { user: found.user, sessionId: found.session.id, clientInfo, channel: 'console' } as const;
}

/** Opens the navigation as a phone shows it, which a wide window has beside the page. */
const openDrawer = async (page: Page) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'Sections' }).click();
  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Overview' }).waitFor();
};

const openAccountMenu = async (page: Page) => {
  await page.getByRole('button', { name: /^Account of/ }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
};

/** Creates a token of the member, ends it, and returns the path of its page. Views may share a world. */
const endedTokenPage = async (world: World) => {
  const caller = await callerOf(world, dev);
  const { token } = await world.services.tokens.create(caller, { name: `retired-${randomUUID().slice(0, 8)}` });
  await world.services.tokens.revoke(caller, token.id);
  return `/profile/api-tokens/${token.id}`;
};

/** Gives a token of the member to a service account, and returns the path of its page as the former owner sees it. */
const transferredTokenPage = async (world: World) => {
  const caller = await callerOf(world, dev);
  const { token } = await world.services.tokens.create(caller, { name: `handed-on-${randomUUID().slice(0, 8)}` });
  await world.services.tokens.transfer(caller, token.id, { to: 'ci' });
  return `/profile/api-tokens/${token.id}`;
};

const openFilters = (page: Page) => page.getByText('More filters').click();

const openRules = async (page: Page) => {
  await page.getByText('Limit what it may do').click();
};

/** Registers 40 apps, reloads the page, and opens the list of their names. */
const listManyApps = async (page: Page, world: World) => {
  for (let index = 0; index < 40; index += 1) await registerApp(world.store, `build-cache-${index}`);
  await page.reload();
  await openRules(page);
  await page.getByText(/^All \d+ apps$/).click();
};

const registerBadApp = async (page: Page) => {
  await page.getByLabel('Name').fill('Grafana');
  await page.getByLabel('Hosts').fill('https://grafana.example.com/');
  await page.getByLabel('Maximum expiry').fill('soon');
  await page.getByRole('button', { name: 'Register app' }).click();
  await page.getByRole('alert').waitFor();
};

const deleteUsedApp = async (page: Page, world: World) => {
  const grafana = (await storeApps(world))[2] ?? '';
  const [token] = await world.store.tokens.list({ limit: 1, before: null, now: world.clock.now() });
  await world.store.apps.setTokenApps(token?.id ?? '', [grafana]);
  await page.goto(`${page.url().replace(/[?#].*/, '')}/${grafana}?dialog=delete`);
};

const signIn = async (page: Page) => {
  await page.getByLabel('Email address').fill(dev);
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('alert').waitFor();
};

/** Shows the page that asks for the password to connect an identity, as if the provider had answered. */
const proposeIdentity = async (page: Page, { services, config }: World) => {
  const issuer = config.oidc?.issuer ?? '';
  const cookies = await page.context().cookies();
  const secret = cookies.find(({ name }) => name.includes('session'))?.value ?? '';
  const found = await services.sessions.authenticate(secret);
  if (found === null || services.ssoConnection === null) throw new Error('The browser is not signed in');
  const { user, session } = found;
  const caller = {
    user,
    sessionId: session.id,
    clientInfo: { ip: null, userAgent: null },
    channel: 'console',
  } as const;
  const person = personAt(issuer, { email: 'dev@example.com', name: 'Dev Patel' });
  const ticket = (await services.ssoConnection.propose({ caller, session }, person)).reveal();
  await page.evaluate(`
    const form = document.querySelector('form[action$="/logout"]');
    form.action = form.action.replace(/logout$/, 'profile/single-sign-on');
    for (const [name, value] of [['ticket', '${ticket}'], ['password', 'not mine']]) {
      form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
    }
    form.submit();
  `);
  await page.getByRole('alert').waitFor();
};

const press = (name: string) => (page: Page) => page.getByRole('link', { name }).first().click();

const wrongPassword = async (page: Page) => {
  await page.getByLabel('Current password').fill('not mine');
  await page.getByLabel('New password', { exact: true }).fill('short');
  await page.getByLabel('Confirm new password').fill('shorter');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByRole('alert').waitFor();
};

const askForOwnAddress = async (page: Page) => {
  await page.getByLabel('New email address').fill(dev);
  await page.getByLabel('Your password').fill('not mine');
  await page.getByRole('button', { name: 'Change email address' }).click();
  await page.getByRole('alert').waitFor();
};

const takeAddress = async (page: Page) => {
  await page.getByLabel('Email address', { exact: true }).fill(root);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('alert').waitFor();
};

/** Chooses the service account that receives the tokens, with the keyboard. The button says so, and nothing moves. */
const chooseReceiver = async (page: Page) => {
  await page.getByRole('button', { name: 'Offboard', exact: true }).waitFor();
  const receiver = page.getByLabel(/^Transfer [0-9]+ tokens in use to$/);
  await receiver.focus();
  await page.keyboard.type('ci');
  await page.getByRole('button', { name: /^Offboard, transfer [0-9]+, revoke [0-9]+$/ }).waitFor();
};

/** Types the name of a service account that does not exist, where a list would be too long. */
const nameUnknownReceiver = async (page: Page, world: World) => {
  const caller = await callerOf(world, root);
  for (let index = 0; index < 13; index += 1) {
    const name = `builder-${index}`;
    if ((await world.store.serviceAccounts.findByName(name)) === null)
      await world.services.serviceAccounts.create(caller, { name, maintainers: [root] });
  }
  await page.reload();
  await page.getByRole('radio', { name: 'A service account' }).check();
  await page.getByLabel('Name of the service account').fill('bulider-1');
  await page.getByRole('button', { name: /^Offboard, transfer/ }).click();
  await page.getByRole('alert').waitFor();
};

/** Returns the path of the link that confirms another address for the member. */
const addressLink = (email: string, to: string) => async (world: World) => {
  const found = await world.services.sessions.authenticate(await world.sessionOf(email));
  return world.mailedLink('email-change', email, JSON.stringify({ email: to, sessionId: found?.session.id }));
};

const mistypeNewPassword = async (page: Page) => {
  await page.getByLabel('New password', { exact: true }).fill('short');
  await page.getByLabel('Confirm new password').fill('shorter');
  await page.getByRole('button', { name: 'Set password and sign in' }).click();
  await page.getByRole('alert').waitFor();
};

const create = (name: string) => async (page: Page) => {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.locator('[data-focus]').waitFor();
};

const rotate = async (page: Page) => {
  await page.getByRole('button', { name: 'Rotate' }).click();
  await page.locator('[data-focus]').waitFor();
};

const rotateAndReturn = async (page: Page) => {
  await rotate(page);
  await page.getByRole('link', { name: 'I have saved it' }).click();
  await page.getByRole('heading', { name: /^Two values until/ }).waitFor();
};

const createTwice = async (page: Page) => {
  await create('made twice')(page);
  await page.getByLabel('Value of made twice').press('ControlOrMeta+A');
  await page.getByLabel('Value of made twice').press('ControlOrMeta+C');
  await page.reload();
};

const addTaken = async (page: Page) => {
  await page.getByLabel('Email address', { exact: true }).fill(dev);
  await page.getByLabel('Initial password').fill('short');
  await page.getByRole('button', { name: 'Add member' }).click();
  await page.getByRole('alert').waitFor();
};

const memberPage =
  (email: string, query = '') =>
  async (world: World) =>
    `/organization/team/${await world.idOf(email)}${query}`;

const tokenPage =
  (email: string, name: string, query = '') =>
  async (world: World) =>
    `/profile/api-tokens/${await world.tokenIdOf(email, name)}${query}`;

const accountPage =
  (name: string, query = '') =>
  async (world: World) =>
    `/organization/service-accounts/${await world.accountIdOf(name)}${query}`;

const accountTokenPage =
  (account: string, name: string, query = '') =>
  async (world: World) =>
    `/profile/api-tokens/${await world.accountTokenIdOf(account, name)}${query}`;

const createBadAccount = async (page: Page) => {
  await page.getByLabel('Name').fill('CI');
  await page.getByLabel('Maintainers').fill('nobody@example.com\nnot an address');
  await page.getByRole('button', { name: 'Create service account' }).click();
  await page.getByRole('alert').waitFor();
};

const createManyAccounts = async (page: Page, world: World) => {
  const { services, store } = world;
  const caller = await callerOf(world, root);
  for (let index = 0; index < 50; index += 1) {
    const name = `runner-${String(index).padStart(2, '0')}`;
    if ((await store.serviceAccounts.findByName(name)) === null) {
      await services.serviceAccounts.create(caller, { name, maintainers: [dev] });
    }
  }
  await page.reload();
};

const createKey = (name: string) => async (page: Page) => {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Create management key' }).click();
  await page.getByRole('alert').waitFor();
};

/** Pauses the tokens that the page asks about. A second time, they are skipped. */
const pauseSelected = async (page: Page) => {
  await page.getByRole('button', { name: /^Pause/ }).click();
  await page.getByRole('heading', { level: 1, name: /paused/ }).waitFor();
};

const trustPage =
  (name: string, query = '') =>
  async (world: World) =>
    `/organization/trusts/${await world.trustIdOf(name)}${query}`;

/** Chooses a service account from the list, or writes its name if there are too many for a list. */
const chooseAccount = async (page: Page, name: string) => {
  const field = page.getByLabel('Service account', { exact: true });
  const isList = await field.evaluate((element) => element.tagName === 'SELECT');
  await (isList ? field.selectOption(name) : field.fill(name));
};

/** Chooses a system, and sends the form without its fields. */
const createTrust = (system: string) => async (page: Page) => {
  await page.getByLabel('Name', { exact: true }).fill('deploy');
  await chooseAccount(page, 'ci');
  await page.getByLabel(system).check();
  await page.getByText('Audience, time and rules of the tokens').click();
  await page.getByRole('button', { name: 'Create trust' }).click();
  await page.getByRole('alert').waitFor();
};

/** Deletes all trusts, reloads the page, and stores the trusts again for the views that follow. */
const deleteTrusts = async (page: Page, { store }: World) => {
  const trusts = await store.trusts.list({ limit: 200, before: null });
  for (const { id } of trusts) await store.trusts.delete(id);
  await page.reload();
  for (const trust of trusts) await store.trusts.insert(trust);
};

const editTrustWrongly = async (page: Page) => {
  await page.getByLabel('Issuer').fill('http://id.example.com');
  await page.getByLabel('Claims').fill('sub=repo:*:acme');
  await page.getByText('Audience, time and rules').click();
  await page.getByLabel('How long a token works').fill('2h');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('alert').waitFor();
};

const addUnknownMaintainer = async (page: Page) => {
  await page.getByLabel('Email address').fill('nobody@example.com');
  await page.getByRole('button', { name: 'Add maintainer' }).click();
  await page.locator('.error').waitFor();
};

const authorization = new URLSearchParams({
  client_id: 'tokens',
  redirect_uri: 'http://127.0.0.1:40000/callback',
  response_type: 'code',
  code_challenge: 'A'.repeat(43),
  code_challenge_method: 'S256',
});

const typeDeviceCode = (code: string) => async (page: Page) => {
  await page.getByLabel('Code').fill(code);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: 'Sign in this device?' }).or(page.getByRole('alert')).first().waitFor();
};

const approveDevice = (code: string) => async (page: Page) => {
  await typeDeviceCode(code)(page);
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('heading', { name: 'The device is signed in' }).waitFor();
};

const beginTotpEnrolment = async (page: Page, world: World) => {
  // Another view has already turned it on.
  if ((await page.getByRole('button', { name: 'Turn on' }).count()) === 0) return;
  await page.getByLabel('Password').fill(world.robot.password);
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByLabel('Code').waitFor();
};

const completeTotpEnrolment = async (page: Page, world: World) => {
  await beginTotpEnrolment(page, world);
  if ((await page.getByLabel('Code').count()) === 0) return;
  const secret = await page.getByLabel('Or enter this secret in the app').inputValue();
  await page.getByLabel('Code').fill(codeAt(secret, world.clock.now()));
  await page.getByRole('button', { name: 'Turn on' }).click();
  await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
};

const confirmWrongly = async (page: Page) => {
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByRole('alert').waitFor();
};

const askForLink = async (page: Page) => {
  await page.getByLabel('Email address').fill('nobody@example.com');
  await page.getByRole('button', { name: 'Send link' }).click();
  await page.getByRole('heading', { name: 'Check your email' }).waitFor();
};

const acceptWithShortPassword = async (page: Page) => {
  await page.getByLabel('Password', { exact: true }).fill('short');
  await page.getByLabel('Confirm password').fill('shorter');
  await page.getByRole('button', { name: 'Set password' }).click();
  await page.getByRole('alert').waitFor();
};

const addWithoutMail = async (page: Page) => {
  await page.getByLabel('Email address', { exact: true }).fill(`new.${Math.random()}@example.com`);
  await page.getByRole('button', { name: 'Add member' }).click();
  await page.getByRole('textbox', { name: 'Address' }).waitFor();
};

const inviteSeveral = async (page: Page) => {
  const [one, other] = [`one.${Math.random()}@example.com`, `other.${Math.random()}@example.com`];
  await page.getByLabel('Email addresses').fill(`Grace Hopper <${one}>, ${dev} nobody\n${other}, sven@example.com`);
  await page.getByRole('button', { name: 'Invite' }).click();
  await page.getByRole('heading', { name: '2 members invited' }).waitFor();
};

/** The browser has no device that can hold a passkey. */
const addPasskeyInVain = async (page: Page) => {
  // A browser without an authenticator may wait for one, so this one refuses at once, as after Cancel.
  await page.evaluate(
    "navigator.credentials.create = () => Promise.reject(new DOMException('Cancelled', 'NotAllowedError'))",
  );
  await page.getByRole('button', { name: 'Add passkey' }).click();
  await page.locator('[data-passkey-problem]:not([hidden])').waitFor();
};

const withPasskeys = 'tomas.novak@example.com';

/** The page of a member with passkeys, one of which was made for another host. */
const passkeysPage =
  (query = '') =>
  async ({ store, clock }: World) => {
    const user = await store.users.findByEmail(withPasskeys);
    if (user === null) throw new Error(`no ${withPasskeys}`);
    const made = { userId: user.id, rpId: 'tokens.example.com', createdAt: clock.now(), lastUsedAt: clock.now() };
    const old = { rpId: 'old-tokens.example.com', lastUsedAt: null, name: 'W'.repeat(64) };
    await store.passkeys.insert(passkeyRecord(user.id, { ...made, id: 'view-1', name: 'Work laptop' }));
    await store.passkeys.insert(passkeyRecord(user.id, { ...made, id: 'view-2', ...old }));
    return `/profile/passkeys${query}`;
  };

/** Every page and dialog of the console, in each state that looks different. */
export const views: View[] = [
  { name: 'login', as: null, path: at('/login') },
  { name: 'login-again', as: dev, path: at('/login?again=true&next=%2Fdevice') },
  { name: 'login-refused', as: null, path: at('/login'), act: signIn },
  { name: 'login-sso-first', as: null, path: at('/login'), strict: true },
  { name: 'login-with-password', as: null, path: at('/login?with=password'), strict: true },
  { name: 'login-signed-out', as: null, path: at('/login'), act: showMessage('signed-out') },
  { name: 'logout', as: dev, path: at('/logout') },
  { name: 'login-code', as: null, path: at('/login/code') },
  { name: 'login-set-up-expired', as: null, path: at('/login/set-up') },
  { name: 'login-sso-unavailable', as: null, path: at('/login/sso') },
  { name: 'login-sso-refused', as: null, path: at('/login/sso/callback') },
  { name: 'password-forgot', as: null, path: at('/password/forgot') },
  { name: 'password-link-sent', as: null, path: at('/password/forgot'), act: askForLink },
  { name: 'password-link-expired', as: null, path: at('/password/reset?token=x') },
  {
    name: 'password-reset',
    as: null,
    path: (world) => world.mailedLink('password-reset', 'tomas.novak@example.com'),
  },
  { name: 'invitation', as: null, path: (world) => world.mailedLink('invitation', 'sven@example.com') },
  {
    name: 'invitation-refused',
    as: null,
    path: (world) => world.mailedLink('invitation', 'sven@example.com'),
    act: acceptWithShortPassword,
  },
  { name: 'invitation-expired', as: null, path: at('/invitation?token=x') },
  { name: 'recover', as: null, path: async (world) => `/recover?token=${await world.recoveryLink(root)}` },
  {
    name: 'recover-refused',
    as: null,
    path: async (world) => `/recover?token=${await world.recoveryLink(root)}`,
    act: mistypeNewPassword,
  },
  { name: 'recover-expired', as: null, path: at('/recover?token=x') },
  { name: 'confirm', as: root, path: at('/profile/confirm') },
  { name: 'confirm-wrong-password', as: root, path: at('/profile/confirm'), act: confirmWrongly },
  { name: 'authorize', as: dev, path: at(`/oauth/authorize?${authorization}`) },
  { name: 'authorize-refused', as: dev, path: at('/oauth/authorize') },
  { name: 'device', as: dev, path: at('/device') },
  { name: 'device-wrong-code', as: dev, path: at('/device'), act: typeDeviceCode('BBBB-BBBB') },
  { name: 'device-approve', as: dev, path: at('/device/approve'), act: typeDeviceCode('WDJB-MJHT') },
  { name: 'device-done', as: dev, path: at('/device'), act: approveDevice('DJBW-MJHT') },
  { name: 'totp-off', as: dev, path: at('/profile/two-step') },
  { name: 'totp-set-up', as: 'robot@example.com', path: at('/profile/two-step'), act: beginTotpEnrolment },
  {
    name: 'totp-recovery-codes',
    as: 'robot@example.com',
    path: at('/profile/two-step'),
    act: completeTotpEnrolment,
  },
  { name: 'two-step-on', as: 'robot@example.com', path: at('/profile/two-step') },
  {
    name: 'member-reset-totp',
    as: root,
    path: memberPage('robot@example.com', '?dialog=reset-two-step'),
  },
  { name: 'passkeys', as: withPasskeys, path: passkeysPage() },
  { name: 'passkeys-none', as: dev, path: at('/profile/passkeys') },
  { name: 'passkeys-sso', as: ssoMember, path: at('/profile/passkeys') },
  { name: 'passkeys-refused', as: dev, path: at('/profile/passkeys'), act: addPasskeyInVain },
  { name: 'passkey-rename', as: withPasskeys, path: passkeysPage('?dialog=rename&id=view-1') },
  { name: 'passkey-remove', as: withPasskeys, path: passkeysPage('?dialog=remove&id=view-1') },
  { name: 'profile', as: dev, path: at('/profile') },
  { name: 'profile-sso-former', as: 'ines.carvalho@example.com', path: at('/profile') },
  { name: 'connect-sso', as: dev, path: at('/profile'), act: proposeIdentity },
  { name: 'connect-sso-failed', as: dev, path: at('/profile/single-sign-on') },
  { name: 'member-unbind', as: root, path: memberPage('ines.carvalho@example.com', '?dialog=unbind') },
  { name: 'profile-refused', as: dev, path: at('/profile'), act: wrongPassword },
  { name: 'profile-email-refused', as: dev, path: at('/profile'), act: askForOwnAddress },
  { name: 'profile-email-requested', as: dev, path: at('/profile'), act: showMessage('email-change-unmailed') },
  { name: 'profile-sso', as: ssoMember, path: at('/profile') },
  { name: 'email-confirm', as: dev, path: addressLink(dev, 'dev.patel@example.com') },
  { name: 'email-confirm-long', as: longMember, path: addressLink(longMember, `new.${longMember}`) },
  { name: 'email-confirm-expired', as: dev, path: at('/profile/email/confirm?token=x') },
  { name: 'profile-end-session', as: dev, path: at('/profile'), act: press('End the session of') },
  { name: 'profile-end-others', as: dev, path: at('/profile?dialog=end-others') },
  { name: 'tokens', as: dev, path: at('/profile/api-tokens') },
  { name: 'tokens-menu', as: dev, path: at('/profile/api-tokens'), act: openMenu },
  { name: 'tokens-long', as: 'tomas.novak@example.com', path: at('/profile/api-tokens') },
  { name: 'tokens-empty', as: 'hana.sato@example.com', path: at('/profile/api-tokens') },
  { name: 'tokens-one', as: 'ines.carvalho@example.com', path: at('/profile/api-tokens') },
  { name: 'tokens-blocked', as: 'priya.raman@example.com', path: at('/profile/api-tokens') },
  { name: 'tokens-no-permission', as: 'olu.adeyemi@example.com', path: at('/profile/api-tokens') },
  { name: 'tokens-500', as: 'robot@example.com', path: at('/profile/api-tokens') },
  { name: 'tokens-search', as: 'robot@example.com', path: at('/profile/api-tokens?q=runner-04') },
  { name: 'tokens-nothing-found', as: dev, path: at('/profile/api-tokens?q=zzz') },
  { name: 'token-create', as: dev, path: at('/profile/api-tokens?dialog=create') },
  { name: 'token-create-refused', as: dev, path: at('/profile/api-tokens?dialog=create'), act: create('Laptop') },
  { name: 'token-created', as: dev, path: at('/profile/api-tokens?dialog=create'), act: create('release-bot') },
  { name: 'token-create-rules', as: dev, path: at('/profile/api-tokens?dialog=create'), act: openRules },
  {
    name: 'token-form-link',
    as: dev,
    path: at('/profile/api-tokens/new?name=ci&expires=never&app=grafana&allow=GET%20/api/**&from=203.0.113.0/24'),
  },
  { name: 'token-form-link-refused', as: dev, path: at('/profile/api-tokens/new?name=ci&expires=soon&owner=root') },
  { name: 'token-created-shown-already', as: dev, path: at('/profile/api-tokens?dialog=create'), act: createTwice },
  {
    name: 'token-revoke',
    as: dev,
    path: async (world) => `/profile/api-tokens?dialog=revoke&id=${await world.tokenIdOf(dev, 'ci-deploy')}`,
  },
  { name: 'token', as: dev, path: tokenPage(dev, 'ci-deploy') },
  { name: 'token-test', as: dev, path: tokenPage(dev, 'metrics exporter'), act: testRequest },
  { name: 'token-test-wrong', as: dev, path: tokenPage(dev, 'Laptop'), act: testBadRequest },
  { name: 'token-denied', as: dev, path: tokenPage(dev, 'metrics exporter'), act: denyRequests },
  { name: 'token-allow-denied', as: dev, path: tokenPage(dev, 'metrics exporter'), act: allowDenied },
  { name: 'token-revoke-page', as: dev, path: tokenPage(dev, 'ci-deploy', '?dialog=revoke') },
  { name: 'token-rotate', as: dev, path: tokenPage(dev, 'ci-deploy', '?dialog=rotate') },
  { name: 'token-changed-rules', as: dev, path: tokenPage(dev, 'terraform') },
  { name: 'token-edit', as: dev, path: tokenPage(dev, 'ci-deploy', '?dialog=edit') },
  { name: 'token-rules', as: dev, path: tokenPage(dev, 'nightly-backup') },
  { name: 'token-edit-rules', as: dev, path: tokenPage(dev, 'nightly-backup', '?dialog=edit') },
  { name: 'token-narrow-too-few', as: dev, path: tokenPage(dev, 'Laptop', '?dialog=narrow') },
  { name: 'token-narrow', as: dev, path: tokenPage(dev, 'ci-deploy', '?dialog=narrow') },
  { name: 'token-pause', as: dev, path: tokenPage(dev, 'ci-deploy', '?dialog=pause') },
  { name: 'token-rotated', as: dev, path: tokenPage(dev, 'terraform', '?dialog=rotate'), act: rotate },
  { name: 'token-two-values', as: dev, path: tokenPage(dev, 'terraform', '?dialog=rotate'), act: rotateAndReturn },
  { name: 'token-paused', as: dev, path: tokenPage(dev, 'grafana-read') },
  { name: 'token-rotate-paused', as: dev, path: tokenPage(dev, 'grafana-read', '?dialog=rotate') },
  { name: 'token-canary', as: dev, path: tokenPage(dev, 'old-deploy-key') },
  { name: 'token-canary-pause', as: dev, path: tokenPage(dev, 'old-deploy-key', '?dialog=pause') },
  { name: 'token-of-member', as: root, path: tokenPage(dev, 'Laptop') },
  {
    name: 'token-long',
    as: 'tomas.novak@example.com',
    path: tokenPage('tomas.novak@example.com', 'Integration tests – staging environment, Frankfurt (eu-central-1)'),
  },
  { name: 'token-missing', as: dev, path: at('/profile/api-tokens/nothing') },
  { name: 'tokens-done', as: dev, path: at('/profile/api-tokens'), act: showMessage('token-revoked', 'ci-deploy') },
  {
    name: 'tokens-ended',
    as: dev,
    async path(world) {
      await endedTokenPage(world);
      return '/profile/api-tokens?status=revoked';
    },
  },
  { name: 'token-ended', as: dev, path: endedTokenPage },
  { name: 'token-transferred', as: dev, path: transferredTokenPage },
  { name: 'overview', as: root, path: at('/overview') },
  { name: 'overview-drawer', as: root, path: at('/overview'), act: openDrawer },
  { name: 'overview-account-menu', as: root, path: at('/overview'), act: openAccountMenu },
  {
    name: 'overview-details',
    as: root,
    path: at('/overview'),
    act: (page) => Promise.all([page.getByText('What to do about').click(), page.getByText('Show as a table').click()]),
  },
  { name: 'overview-dead-letters', as: root, path: at('/overview'), act: giveUpMails },
  { name: 'overview-member', as: dev, path: at('/overview') },
  { name: 'overview-first-token', as: 'ben@example.com', path: at('/overview') },
  { name: 'overview-no-permission', as: 'ada@example.com', path: at('/overview') },
  { name: 'search', as: dev, path: at('/search') },
  { name: 'search-results', as: root, path: at('/search?q=dev') },
  { name: 'search-own-results', as: dev, path: at('/search?q=ci') },
  { name: 'search-nothing', as: auditor, path: at('/search?q=nowhere') },
  { name: 'search-refused', as: dev, path: at('/search?refused=value') },
  { name: 'all-tokens', as: root, path: at('/organization/tokens') },
  { name: 'all-tokens-selected', as: root, path: at('/organization/tokens?select=page') },
  { name: 'all-tokens-all-selected', as: root, path: at('/organization/tokens?select=all') },
  {
    name: 'all-tokens-revoke',
    as: root,
    path: at('/organization/tokens/selected?action=revoke&all=true&unused_for=7776000&status=active'),
  },
  { name: 'all-tokens-pause', as: root, path: at('/organization/tokens/selected?action=pause&all=true') },
  { name: 'tokens-none-selected', as: dev, path: at('/profile/api-tokens/selected?action=revoke') },
  {
    name: 'tokens-selected-paused',
    as: 'robot@example.com',
    path: at('/profile/api-tokens/selected?action=pause&all=true&q=runner-04'),
    act: pauseSelected,
  },
  { name: 'all-tokens-unused', as: root, path: at('/organization/tokens?unused_for=7776000&status=active') },
  { name: 'all-tokens-nothing', as: root, path: at('/organization/tokens?expiring_within=60') },
  {
    name: 'all-tokens-refused',
    as: root,
    path: at('/organization/tokens?unused_for=soon&owner=nobody%40example.com&known_to=x'),
  },
  {
    name: 'all-tokens-every-filter',
    as: root,
    path: at(
      '/organization/tokens?q=a&owner=dev%40example.com&status=active&expiring_within=31536000&unused_for=5400&unrotated_for=86400&never_used=true&canaries=false',
    ),
    act: openFilters,
  },
  { name: 'apps-none', as: root, path: at('/organization/apps'), act: deleteApps },
  { name: 'apps', as: root, path: at('/organization/apps'), act: registerApps },
  { name: 'apps-add', as: root, path: at('/organization/apps?dialog=add') },
  { name: 'apps-add-refused', as: root, path: at('/organization/apps?dialog=add'), act: registerBadApp },
  { name: 'clients-none', as: root, path: at('/organization/clients'), act: noClients },
  { name: 'clients', as: root, path: at('/organization/clients'), act: addClients },
  { name: 'clients-create', as: root, path: at('/organization/clients?dialog=create') },
  { name: 'client-created', as: root, path: at('/organization/clients?dialog=create'), act: createClient },
  { name: 'client', as: root, path: clientPage() },
  { name: 'client-of-auditor', as: auditor, path: clientPage() },
  { name: 'client-edit', as: root, path: clientPage('?dialog=edit') },
  { name: 'client-rotate-secret', as: root, path: clientPage('?dialog=rotate-secret') },
  { name: 'client-delete', as: root, path: clientPage('?dialog=delete') },
  { name: 'webhooks-none', as: root, path: at('/organization/webhooks'), act: deleteWebhooks },
  { name: 'webhooks', as: root, path: at('/organization/webhooks'), act: addWebhooks },
  { name: 'webhooks-add', as: root, path: at('/organization/webhooks?dialog=add') },
  { name: 'webhook-created', as: root, path: at('/organization/webhooks?dialog=add'), act: createWebhook },
  { name: 'webhook', as: root, path: webhookPage() },
  { name: 'webhook-of-auditor', as: auditor, path: webhookPage() },
  { name: 'webhook-failed', as: root, path: webhookPage('?status=failed') },
  { name: 'webhook-edit', as: root, path: webhookPage('?dialog=edit') },
  { name: 'webhook-rotate-secret', as: root, path: webhookPage('?dialog=rotate-secret') },
  { name: 'webhook-delete', as: root, path: webhookPage('?dialog=delete') },
  { name: 'apps-delete', as: root, path: at('/organization/apps'), act: deleteUsedApp },
  { name: 'app', as: root, path: appPage() },
  { name: 'app-of-auditor', as: auditor, path: appPage() },
  { name: 'app-edit', as: root, path: appPage('?dialog=edit') },
  { name: 'app-without-tokens', as: root, path: appPage('', 1) },
  { name: 'apps-many-in-form', as: dev, path: at('/profile/api-tokens?dialog=create'), act: listManyApps },
  { name: 'accounts', as: root, path: at('/organization/service-accounts') },
  { name: 'accounts-of-maintainer', as: dev, path: at('/organization/service-accounts') },
  { name: 'accounts-none', as: 'tomas.novak@example.com', path: at('/organization/service-accounts') },
  { name: 'accounts-orphaned', as: root, path: at('/organization/service-accounts?orphaned=true') },
  { name: 'account-create', as: root, path: at('/organization/service-accounts?dialog=create') },
  {
    name: 'account-create-refused',
    as: root,
    path: at('/organization/service-accounts?dialog=create'),
    act: createBadAccount,
  },
  { name: 'account', as: root, path: accountPage('ci') },
  { name: 'account-of-maintainer', as: dev, path: accountPage('ci') },
  { name: 'account-long', as: root, path: accountPage(longAccount) },
  { name: 'account-selected', as: dev, path: accountPage('ci', '?select=page') },
  {
    name: 'account-revoke-selected',
    as: root,
    path: async (world) => `${await accountPage(longAccount)(world)}/selected?action=revoke&all=true`,
  },
  { name: 'account-orphaned', as: root, path: accountPage('legacy-import') },
  { name: 'account-disabled', as: root, path: accountPage('old-runner') },
  { name: 'account-maintainer-refused', as: root, path: accountPage('ci'), act: addUnknownMaintainer },
  ...['edit', 'disable', 'delete', 'create-token'].map((dialog) => ({
    name: `account-${dialog}`,
    as: root,
    path: accountPage('ci', `?dialog=${dialog}`),
  })),
  { name: 'account-edit-of-maintainer', as: dev, path: accountPage('ci', '?dialog=edit') },
  {
    name: 'account-remove-maintainer',
    as: root,
    path: accountPage('legacy-import', '?dialog=remove-maintainer&email=lucas.meyer%40example.com'),
  },
  { name: 'account-token', as: dev, path: accountTokenPage('ci', 'deploy') },
  {
    name: 'account-token-created',
    as: dev,
    path: accountPage('ci', '?dialog=create-token'),
    act: create('release'),
  },
  { name: 'key-create', as: root, path: accountPage('ci', '?dialog=create-key') },
  { name: 'key-create-refused', as: root, path: accountPage('ci', '?dialog=create-key'), act: createKey('terraform') },
  { name: 'key', as: root, path: accountTokenPage('ci', 'terraform') },
  { name: 'key-of-maintainer', as: dev, path: accountTokenPage('ci', 'terraform') },
  { name: 'key-edit', as: root, path: accountTokenPage('ci', 'terraform', '?dialog=edit') },
  { name: 'trusts', as: root, path: at('/organization/trusts') },
  { name: 'trust-create', as: root, path: at('/organization/trusts?dialog=create&service_account=ci') },
  ...['GitLab CI', 'A Kubernetes cluster', 'Another system that signs identity tokens'].map((system, index) => ({
    name: `trust-create-${['gitlab', 'kubernetes', 'other'][index]}`,
    as: root,
    path: at('/organization/trusts?dialog=create'),
    act: createTrust(system),
  })),
  { name: 'trust', as: root, path: trustPage('deploy-api') },
  { name: 'trust-open', as: root, path: trustPage('open') },
  { name: 'trust-long', as: root, path: trustPage(longTrust) },
  { name: 'trust-of-auditor', as: auditor, path: trustPage('deploy-api') },
  { name: 'trust-of-maintainer', as: dev, path: trustPage('deploy-api') },
  { name: 'trust-edit', as: root, path: trustPage('deploy-api', '?dialog=edit') },
  { name: 'trust-edit-long', as: root, path: trustPage(longTrust, '?dialog=edit') },
  { name: 'trust-edit-refused', as: root, path: trustPage('deploy-api', '?dialog=edit'), act: editTrustWrongly },
  { name: 'trust-delete', as: root, path: trustPage('deploy-api', '?dialog=delete') },
  { name: 'trusts-none', as: root, path: at('/organization/trusts'), act: deleteTrusts },
  { name: 'accounts-many', as: root, path: at('/organization/service-accounts'), act: createManyAccounts },
  { name: 'team', as: root, path: at('/organization/team') },
  { name: 'team-search', as: root, path: at('/organization/team?q=max') },
  { name: 'team-nothing-found', as: root, path: at('/organization/team?q=zzz') },
  { name: 'team-add', as: root, path: at('/organization/team?dialog=add') },
  { name: 'team-add-refused', as: root, path: at('/organization/team?dialog=add'), act: addTaken },
  { name: 'team-add-link', as: root, path: at('/organization/team?dialog=add'), act: addWithoutMail },
  { name: 'team-invite-several', as: root, path: at('/organization/team?dialog=invite-several') },
  { name: 'team-invite-results', as: root, path: at('/organization/team?dialog=invite-several'), act: inviteSeveral },
  {
    name: 'team-ungrant',
    as: root,
    path: async (world) => `/organization/team?dialog=ungrant&id=${await world.idOf(dev)}`,
  },
  { name: 'team-dead-letters', as: root, path: at('/organization/team'), act: giveUpMails },
  { name: 'team-done', as: root, path: at('/organization/team'), act: showMessage('permission-granted', longMember) },
  { name: 'member', as: root, path: memberPage(dev) },
  { name: 'member-invited', as: root, path: memberPage('sven@example.com') },
  { name: 'member-invite', as: root, path: memberPage('sven@example.com', '?dialog=invite') },
  { name: 'member-invitation-link', as: root, path: memberPage('sven@example.com', '?dialog=invitation-link') },
  { name: 'member-disabled', as: root, path: memberPage('lucas.meyer@example.com') },
  { name: 'member-self', as: root, path: memberPage(root) },
  { name: 'member-500', as: root, path: memberPage('robot@example.com') },
  { name: 'member-long', as: root, path: memberPage(longMember) },
  ...['edit', 'ungrant', 'promote', 'disable', 'revoke-tokens', 'offboard', 'delete'].map((dialog) => ({
    name: `member-${dialog}`,
    as: root,
    path: memberPage(dev, `?dialog=${dialog}`),
  })),
  { name: 'member-end-session', as: root, path: memberPage(dev), act: press('End the session of') },
  { name: 'member-end-sessions', as: root, path: memberPage(dev, '?dialog=end-sessions') },
  { name: 'member-of-auditor', as: auditor, path: memberPage(dev) },
  { name: 'member-offboard-transfer', as: root, path: memberPage(dev, '?dialog=offboard'), act: chooseReceiver },
  { name: 'member-offboard-many', as: root, path: memberPage('robot@example.com', '?dialog=offboard') },
  { name: 'member-offboard-unused', as: root, path: memberPage('sven@example.com', '?dialog=offboard') },
  { name: 'member-edit-refused', as: root, path: memberPage(dev, '?dialog=edit'), act: takeAddress },
  { name: 'member-edit-sso', as: root, path: memberPage(ssoMember, '?dialog=edit') },
  { name: 'member-delete-without-tokens', as: root, path: memberPage('sven@example.com', '?dialog=delete') },
  { name: 'member-enable', as: root, path: memberPage('lucas.meyer@example.com', '?dialog=enable') },
  { name: 'member-erase', as: root, path: memberPage('lucas.meyer@example.com', '?dialog=erase') },
  { name: 'member-demote-self', as: root, path: memberPage(root, '?dialog=demote') },
  { name: 'member-auditor', as: root, path: memberPage(auditor) },
  { name: 'member-make-auditor', as: root, path: memberPage(dev, '?dialog=make-auditor') },
  { name: 'member-remove-auditor', as: root, path: memberPage(auditor, '?dialog=remove-auditor') },
  {
    name: 'member-revoke',
    as: root,
    path: async (world) => memberPage(dev, `?dialog=revoke&token=${await world.tokenIdOf(dev, 'Laptop')}`)(world),
  },
  { name: 'settings', as: root, path: at('/organization/settings') },
  { name: 'settings-done', as: root, path: at('/organization/settings'), act: showMessage('test-mail-unmailed', root) },
  { name: 'auditor-settings', as: auditor, path: at('/organization/settings') },
  { name: 'audit', as: root, path: at('/organization/audit') },
  { name: 'audit-filtered', as: root, path: at(`/organization/audit?user=${dev}&action=token.created`) },
  {
    name: 'audit-filtered-much',
    as: root,
    path: at(
      '/organization/audit?actor=nobody@example.com&owner=nobody@example.com&target=ci&ip=10.0.0.0/8&from=2026-01-01',
    ),
  },
  { name: 'audit-new', as: root, path: at('/organization/audit?after=') },
  { name: 'audit-event', as: root, path: auditEvent('token.changed') },
  { name: 'audit-event-plain', as: root, path: auditEvent('session.created') },
  { name: 'auditor-event', as: auditor, path: auditEvent('token.created') },
  { name: 'activity', as: dev, path: at('/profile/activity') },
  { name: 'audit-nothing', as: root, path: at('/organization/audit?ip=198.51.100.77') },
  { name: 'audit-refused', as: root, path: at('/organization/audit?from=yesterday') },
  { name: 'auditor-profile', as: auditor, path: at('/profile') },
  { name: 'auditor-tokens', as: auditor, path: at('/profile/api-tokens') },
  { name: 'auditor-overview', as: auditor, path: at('/overview') },
  { name: 'auditor-all-tokens', as: auditor, path: at('/organization/tokens') },
  { name: 'auditor-never-expiring', as: auditor, path: at('/organization/tokens?no_expiry=true&q=nothing-here') },
  { name: 'auditor-team', as: auditor, path: at('/organization/team') },
  { name: 'auditor-member', as: auditor, path: memberPage(dev) },
  { name: 'auditor-member-disabled', as: auditor, path: memberPage('lucas.meyer@example.com') },
  { name: 'auditor-member-self', as: auditor, path: memberPage(auditor) },
  { name: 'auditor-token', as: auditor, path: tokenPage(dev, 'ci-deploy') },
  { name: 'auditor-token-rules', as: auditor, path: tokenPage(dev, 'nightly-backup') },
  { name: 'auditor-token-paused', as: auditor, path: tokenPage(dev, 'grafana-read') },
  { name: 'auditor-canary', as: auditor, path: tokenPage(dev, 'old-deploy-key') },
  { name: 'auditor-accounts', as: auditor, path: at('/organization/service-accounts') },
  { name: 'auditor-account', as: auditor, path: accountPage('ci') },
  { name: 'auditor-account-orphaned', as: auditor, path: accountPage('legacy-import') },
  { name: 'auditor-account-disabled', as: auditor, path: accountPage('old-runner') },
  { name: 'auditor-key', as: auditor, path: accountTokenPage('ci', 'terraform') },
  { name: 'auditor-apps', as: auditor, path: at('/organization/apps'), act: registerApps },
  { name: 'auditor-apps-none', as: auditor, path: at('/organization/apps'), act: deleteApps },
  { name: 'auditor-audit', as: auditor, path: at('/organization/audit') },
  { name: 'auditor-webhooks', as: auditor, path: at('/organization/webhooks'), act: addWebhooks },
  { name: 'auditor-trusts', as: auditor, path: at('/organization/trusts') },
  { name: 'error-not-found', as: dev, path: at('/profile/nothing-here') },
  { name: 'error-forbidden', as: dev, path: at('/organization/audit') },
  // Last, because it adds service accounts.
  {
    name: 'member-offboard-by-name',
    as: root,
    path: memberPage(dev, '?dialog=offboard'),
    act: nameUnknownReceiver,
  },
];
