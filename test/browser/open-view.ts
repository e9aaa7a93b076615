import type { Page } from 'playwright-core';
import { basePathOf } from '../../server/config/base-path.ts';
import { cookieScope } from '../../server/http/cookie.ts';
import type { TestBrowser } from '../helpers/console/browser.ts';
import type { View } from './views.ts';
import type { World } from './world.ts';

/** Opens the view in a new browser context, by default without a proxy. */
export async function openView(
  browser: TestBrowser,
  world: World,
  view: View,
  look: Parameters<TestBrowser['visit']>[1] & { url?: string },
): Promise<Page> {
  const { url = view.strict ? world.strictUrl : world.url, ...options } = look ?? {};
  const page = await browser.visit(url, options);
  if (view.as !== null) {
    const { name, attributes: scope } = cookieScope(world.config.publicUrl, 'session');
    const session = { name, value: await world.sessionOf(view.as) };
    const attributes = { ...scope, domain: 'localhost', secure: true };
    await page.context().addCookies([{ ...session, ...attributes }]);
  }
  await page.goto(basePathOf(world.config.publicUrl) + (await view.path(world)));
  await view.act?.(page, world);
  return page;
}
