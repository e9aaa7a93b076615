import type { Page } from 'playwright-core';
import type { Look, TestBrowser } from '../helpers/console/browser.ts';
import type { View } from './views.ts';
import type { World } from './world.ts';

/** Opens the view in a new browser context. */
export async function openView(browser: TestBrowser, world: World, view: View, look: Look): Promise<Page> {
  const page = await browser.visit(world.url, look);
  if (view.as !== null) {
    const session = { name: '__Host-tokens_session', value: await world.sessionOf(view.as) };
    const attributes = { domain: 'localhost', path: '/', secure: true, httpOnly: true, sameSite: 'Lax' } as const;
    await page.context().addCookies([{ ...session, ...attributes }]);
  }
  await page.goto(await view.path(world));
  await view.act?.(page, world);
  return page;
}
