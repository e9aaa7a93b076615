import { describe, it } from 'vitest';
import { chromiumIsHere, useBrowser } from '../helpers/console/browser.ts';
import { enter, useDaemon } from '../helpers/console/console.ts';
import { addDeveloper } from '../helpers/daemon/api.ts';

describe.skipIf(!chromiumIsHere)('a form that takes long', () => {
  const browser = useBrowser();
  const running = useDaemon();

  async function visit(path: string, email: string) {
    const page = await browser.visit(running.url);
    await enter(page, running.url, await addDeveloper(running.url, running.root, email));
    await page.clock.install();
    await page.goto(path);
    return page;
  }

  async function whileDaemonIsSlow(act: () => Promise<void>): Promise<void> {
    process.kill(running.daemon.pid, 'SIGSTOP');
    try {
      await act();
    } finally {
      process.kill(running.daemon.pid, 'SIGCONT');
    }
  }

  it('creates one token and shows its value if the button is clicked twice', async () => {
    const page = await visit('/profile/api-tokens?dialog=create', 'twice@example.com');
    await page.getByLabel('Name', { exact: true }).fill('twice');
    const send = page.getByRole('button', { name: 'Create token' });
    const { x = 0, y = 0 } = (await send.boundingBox()) ?? {};
    await whileDaemonIsSlow(async () => {
      await page.mouse.click(x + 5, y + 5);
      await new Promise((sent) => setTimeout(sent, 300));
      await page.mouse.click(x + 5, y + 5);
    });
    await page.getByLabel('Value of twice').waitFor();
  });

  it('can be sent again after its request was stopped', async () => {
    const page = await visit('/profile?dialog=end-others', 'stopped@example.com');
    const send = page.getByRole('dialog').getByRole('button', { name: 'End all others' });
    const stopButton = await page.context().newCDPSession(page);
    await whileDaemonIsSlow(async () => {
      // Playwright never notices that a navigation was stopped before its request was sent, and then waits for it in the next click.
      const sent = page.waitForRequest((request) => request.method() === 'POST');
      await send.click({ noWaitAfter: true });
      await sent;
      const stopped = page.waitForEvent('requestfailed');
      await stopButton.send('Page.stopLoading');
      await stopped;
    });
    await page.clock.fastForward(10_000);
    await send.click();
    await page.getByRole('status').filter({ hasText: 'All your other sessions were ended.' }).waitFor();
  });
});
