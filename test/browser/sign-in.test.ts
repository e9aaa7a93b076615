import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeFindings, chromiumIsHere, sidewaysScroll, useBrowser } from '../helpers/browser.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../helpers/daemon.ts';
import { keyboard, mouse } from '../helpers/hands.ts';

describe.skipIf(!chromiumIsHere)('signing in', () => {
  const browser = useBrowser();
  let daemon: Daemon;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    const prepared = await prepareDaemon();
    remove = prepared.remove;
    daemon = await startDaemon(prepared.dataDir);
  });
  afterAll(async () => {
    await daemon.stop();
    await remove();
  });

  describe.each([
    { hands: mouse, by: 'mouse', script: true },
    { hands: mouse, by: 'mouse', script: false },
    { hands: keyboard, by: 'keyboard', script: true },
    { hands: keyboard, by: 'keyboard', script: false },
  ])('by $by, script $script', ({ hands, script }) => {
    it('refuses a wrong password, keeps the e-mail address, then lets in', async () => {
      const page = await browser.visit(daemon.url, { script });
      await page.goto('/login?next=/profile');
      await hands.write(page.getByLabel('E-mail address'), superuser.email);
      await hands.write(page.getByLabel('Password'), 'wrong');
      await hands.press(page.getByRole('button', { name: 'Sign in' }));
      await page.getByRole('alert').waitFor();
      expect(await page.getByLabel('E-mail address').inputValue()).toBe(superuser.email);
      await hands.write(page.getByLabel('Password'), superuser.password);
      await hands.press(page.getByRole('button', { name: 'Sign in' }));
      await page.waitForURL('/profile');
      await hands.press(page.getByRole('button', { name: 'Sign out' }));
      await page.getByText('You are signed out.').waitFor();
    });
  });

  it('axe', async () => {
    const page = await browser.visit(daemon.url, { width: 320, theme: 'dark' });
    await page.goto('/login');
    expect(await axeFindings(page)).toEqual([]);
    expect(await sidewaysScroll(page)).toBe(0);
  });
});
