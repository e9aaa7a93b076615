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
const at = (path: string) => () => path;

const signIn = async (page: Page) => {
  await page.getByLabel('E-mail address').fill(dev);
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
};

/** Every page and dialog of the console, in the states that look different. */
export const views: View[] = [
  { name: 'login', as: null, path: at('/login') },
  { name: 'login-refused', as: null, path: at('/login'), act: signIn },
  { name: 'login-signed-out', as: null, path: at('/login?done=signed-out') },
  { name: 'logout', as: dev, path: at('/logout') },
  { name: 'audit', as: root, path: at('/organization/audit') },
  { name: 'audit-filtered', as: root, path: at(`/organization/audit?user=${dev}&action=token.created`) },
  { name: 'audit-nothing', as: root, path: at('/organization/audit?user=nobody@example.com') },
  { name: 'audit-refused', as: root, path: at('/organization/audit?from=yesterday') },
  { name: 'error-not-found', as: dev, path: at('/profile/nothing-here') },
  { name: 'error-forbidden', as: dev, path: at('/organization/audit') },
];
