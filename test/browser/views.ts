import type { Page } from 'playwright-core';
import type { World } from './world.ts';

export interface View {
  /** Also the name of its picture. */
  name: string;
  /** Whose session; null: a stranger. */
  as: string | null;
  path(world: World): string | Promise<string>;
  /** What to do there before looking. */
  act?(page: Page): Promise<unknown>;
}

const root = 'root@example.com';
const dev = 'dev@example.com';
const longMember = 'maximilian.wolfeschlegelsteinhausenbergerdorff.featherstonehaugh@subsidiary.example.com';
const at = (path: string) => () => path;

const signIn = async (page: Page) => {
  await page.getByLabel('E-mail address').fill(dev);
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
};

const press = (name: string) => (page: Page) => page.getByRole('link', { name }).first().click();

const wrongPassword = async (page: Page) => {
  await page.getByLabel('Current password').fill('not mine');
  await page.getByLabel('New password', { exact: true }).fill('short');
  await page.getByLabel('New password again').fill('shorter');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByRole('alert').waitFor();
};

const create = (name: string) => async (page: Page) => {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.locator('[data-focus]').waitFor();
};

const createTwice = async (page: Page) => {
  await create('made twice')(page);
  await page.reload();
};

const addTaken = async (page: Page) => {
  await page.getByLabel('E-mail address', { exact: true }).fill(dev);
  await page.getByLabel('Initial password').fill('short');
  await page.getByRole('button', { name: 'Add member' }).click();
  await page.getByRole('alert').waitFor();
};

const memberPage =
  (email: string, query = '') =>
  async (world: World) =>
    `/organization/team/${await world.idOf(email)}${query}`;

/** Every page and dialog of the console, in the states that look different. */
export const views: View[] = [
  { name: 'login', as: null, path: at('/login') },
  { name: 'login-refused', as: null, path: at('/login'), act: signIn },
  { name: 'login-signed-out', as: null, path: at('/login?done=signed-out') },
  { name: 'logout', as: dev, path: at('/logout') },
  { name: 'profile', as: dev, path: at('/profile') },
  { name: 'profile-refused', as: dev, path: at('/profile'), act: wrongPassword },
  { name: 'profile-end-session', as: dev, path: at('/profile'), act: press('Sign out there') },
  { name: 'profile-end-others', as: dev, path: at('/profile?dialog=end-others') },
  { name: 'tokens', as: dev, path: at('/profile/api-tokens') },
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
  { name: 'token-created-shown-already', as: dev, path: at('/profile/api-tokens?dialog=create'), act: createTwice },
  {
    name: 'token-revoke',
    as: dev,
    path: async (world) => `/profile/api-tokens?dialog=revoke&id=${await world.tokenIdOf(dev, 'ci-deploy')}`,
  },
  { name: 'tokens-done', as: dev, path: at('/profile/api-tokens?done=token-revoked') },
  { name: 'team', as: root, path: at('/organization/team') },
  { name: 'team-search', as: root, path: at('/organization/team?q=max') },
  { name: 'team-nothing-found', as: root, path: at('/organization/team?q=zzz') },
  { name: 'team-add', as: root, path: at('/organization/team?dialog=add') },
  { name: 'team-add-refused', as: root, path: at('/organization/team?dialog=add'), act: addTaken },
  {
    name: 'team-ungrant',
    as: root,
    path: async (world) => `/organization/team?dialog=ungrant&id=${await world.idOf(dev)}`,
  },
  { name: 'team-done', as: root, path: at('/organization/team?done=permission-granted') },
  { name: 'member', as: root, path: memberPage(dev) },
  { name: 'member-disabled', as: root, path: memberPage('lucas.meyer@example.com') },
  { name: 'member-self', as: root, path: memberPage(root) },
  { name: 'member-500', as: root, path: memberPage('robot@example.com') },
  { name: 'member-long', as: root, path: memberPage(longMember) },
  ...['ungrant', 'promote', 'disable', 'revoke-tokens', 'offboard'].map((dialog) => ({
    name: `member-${dialog}`,
    as: root,
    path: memberPage(dev, `?dialog=${dialog}`),
  })),
  { name: 'member-enable', as: root, path: memberPage('lucas.meyer@example.com', '?dialog=enable') },
  { name: 'member-demote-self', as: root, path: memberPage(root, '?dialog=demote') },
  {
    name: 'member-revoke',
    as: root,
    path: async (world) => memberPage(dev, `?dialog=revoke&token=${await world.tokenIdOf(dev, 'Laptop')}`)(world),
  },
  { name: 'audit', as: root, path: at('/organization/audit') },
  { name: 'audit-filtered', as: root, path: at(`/organization/audit?user=${dev}&action=token.created`) },
  { name: 'audit-nothing', as: root, path: at('/organization/audit?user=nobody@example.com') },
  { name: 'audit-refused', as: root, path: at('/organization/audit?from=yesterday') },
  { name: 'error-not-found', as: dev, path: at('/profile/nothing-here') },
  { name: 'error-forbidden', as: dev, path: at('/organization/audit') },
];
