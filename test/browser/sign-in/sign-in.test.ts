import { describe, expect, it } from 'vitest';
import { chromiumIsHere, useBrowser } from '../../helpers/console/browser.ts';
import { signOut, useDaemon } from '../../helpers/console/console.ts';
import { waitForFocus, ways } from '../../helpers/console/input-devices.ts';
import { superuser } from '../../helpers/daemon/daemon.ts';

describe.skipIf(!chromiumIsHere)('signing in and out', () => {
  const browser = useBrowser();
  const running = useDaemon();

  it.each(ways)(
    'rejects a wrong password, keeps the email address, and returns to the requested page (by $by, script $script)',
    async ({ hands, script }) => {
      const page = await browser.visit(running.url, { script });
      const signIn = page.getByRole('button', { name: 'Sign in', exact: true });
      await page.goto('/profile');
      await waitForFocus(page.getByLabel('Email address'));
      await hands.write(page.getByLabel('Email address'), superuser.email);
      await hands.write(page.getByLabel('Password'), 'wrong');
      await hands.press(signIn);

      await page.getByRole('alert').waitFor();
      if (script) await waitForFocus(page.getByRole('alert'));
      expect(await page.getByLabel('Email address').inputValue()).toBe(superuser.email);
      expect(await page.getByLabel('Password').inputValue()).toBe('');
      await hands.write(page.getByLabel('Password'), superuser.password);
      await hands.press(signIn);

      await page.waitForURL('/profile');
      await signOut(page, hands);
      await page.getByText('You are signed out.').waitFor();
      await page.goto('/profile');
      expect(new URL(page.url()).pathname).toBe('/login');
    },
  );
});
