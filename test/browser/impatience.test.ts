import { describe, expect, it } from 'vitest';
import { addDeveloper } from '../helpers/api.ts';
import { chromiumIsHere, useBrowser } from '../helpers/browser.ts';
import { enter, useDaemon } from '../helpers/console.ts';

describe.skipIf(!chromiumIsHere)('an impatient visitor', () => {
  const browser = useBrowser();
  const running = useDaemon();

  async function visit(path: string, email: string) {
    const page = await browser.visit(running.url);
    await enter(page, running.url, await addDeveloper(running.url, running.root, email));
    await page.goto(path);
    return page;
  }

  it('who clicks twice is shown the value of the one token that was made', async () => {
    const page = await visit('/profile/api-tokens?dialog=create', 'twice@example.com');
    await page.getByLabel('Name', { exact: true }).fill('twice');
    await page.getByRole('button', { name: 'Create token' }).dblclick({ noWaitAfter: true });
    await page.getByLabel('Value of twice').waitFor();
  });

  it('who stops a form on its way can send it again', async () => {
    const page = await visit('/profile?dialog=end-others', 'stopped@example.com');
    const send = page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere else' });
    process.kill(running.daemon.pid, 'SIGSTOP');
    try {
      await send.click({ noWaitAfter: true });
      const browserWindow = await page.context().newCDPSession(page);
      await browserWindow.send('Page.stopLoading');
    } finally {
      process.kill(running.daemon.pid, 'SIGCONT');
    }
    await expect
      .poll(
        async () => {
          if (await send.isVisible()) await send.click({ noWaitAfter: true });
          return page
            .getByRole('status')
            .textContent({ timeout: 500 })
            .catch(() => '');
        },
        { timeout: 8_000, interval: 500 },
      )
      .toBe('Your other sessions were ended.');
  });
});
