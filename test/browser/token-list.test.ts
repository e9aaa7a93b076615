import { describe, expect, it } from 'vitest';
import { chromiumIsHere, sidewaysScroll, useBrowser } from '../helpers/console/browser.ts';
import { enter, useDaemon } from '../helpers/console/console.ts';
import { addDeveloper } from '../helpers/daemon/api.ts';

/** The longest name, of the widest characters. */
const wide = 'W'.repeat(64);

describe.skipIf(!chromiumIsHere)('a list of tokens', () => {
  const browser = useBrowser();
  const running = useDaemon();

  it('has rows of two lines on a phone, which open the page of their token', async () => {
    const member = await addDeveloper(running.url, running.root, 'phone@example.com');
    const description = 'It is read by the pipeline that builds and deploys. '.repeat(4);
    for (const body of [
      { name: wide, description, expires_in: 3 * 86_400, apps: [], networks: ['192.0.2.0/24'] },
      { name: 'plain' },
      { name: `${wide.slice(1)}p`, description },
    ]) {
      const response = await member.request('POST', '/tokens', body);
      expect(response.status).toBe(201);
      const { id } = (await response.json()) as { id: string };
      if (body.name.endsWith('p')) await member.request('POST', `/tokens/${id}/pause`, {});
    }
    const page = await browser.visit(running.url, { script: false });
    await enter(page, running.url, member);
    for (const width of [320, 390, 639]) {
      await page.setViewportSize({ width, height: 844 });
      await page.goto('/profile/api-tokens');
      expect(await sidewaysScroll(page)).toBe(0);
      const rows = page.locator('tbody tr');
      const heights = await Promise.all([0, 1, 2].map(async (row) => (await rows.nth(row).boundingBox())?.height ?? 0));
      expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
      expect(Math.max(...heights), `at ${width} px`).toBeLessThanOrEqual(72);
      await rows.nth(0).getByText('paused').waitFor();
      await rows.nth(1).getByText('never used').waitFor();
      const row = await rows.nth(2).boundingBox();
      // At the end of the second line, far from the name.
      await page.mouse.click((row?.x ?? 0) + (row?.width ?? 0) - 8, (row?.y ?? 0) + (row?.height ?? 0) - 8);
      await page.getByRole('heading', { level: 1, name: wide }).waitFor();
    }
  });
});
