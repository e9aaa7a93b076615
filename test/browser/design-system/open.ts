import type { Page } from 'playwright-core';
import type { TestBrowser } from '../../helpers/console/browser.ts';
import { designSystem } from './app.tsx';

/** Opens the page of the design system, and gives the controls in its table the states that the headings name. */
export async function openDesignSystem(browser: TestBrowser): Promise<Page> {
  const app = designSystem();
  const page = await browser.visit('http://design.example', {});
  await page.route('**', async (route) => {
    const response = await app.request(route.request().url());
    const headers = Object.fromEntries(response.headers);
    await route.fulfill({ status: response.status, headers, body: Buffer.from(await response.arrayBuffer()) });
  });
  await page.goto('/');
  for (const frame of await page.locator('iframe').all()) {
    await frame.contentFrame().getByRole('dialog').waitFor();
  }
  await forceStates(page);
  return page;
}

async function forceStates(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('DOM.enable');
  await devtools.send('CSS.enable');
  const { root } = await devtools.send('DOM.getDocument');
  for (const state of ['hover', 'focus-visible']) {
    const selector = `[data-state="${state}"] :is(button, input, select, a)`;
    const { nodeIds } = await devtools.send('DOM.querySelectorAll', { nodeId: root.nodeId, selector });
    const forcedPseudoClasses = state === 'hover' ? ['hover'] : ['focus', 'focus-visible'];
    for (const nodeId of nodeIds) await devtools.send('CSS.forcePseudoState', { nodeId, forcedPseudoClasses });
  }
}
