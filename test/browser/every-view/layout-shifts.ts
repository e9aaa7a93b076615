import type { Page } from 'playwright-core';

/**
 * Delays the script of every page until the browser has parsed the page and has had the time to paint it, as on a slow connection.
 * Whatever the script moves afterwards is a layout shift, however fast this machine is.
 */
export async function delayScript(page: Page): Promise<void> {
  await page.route('**/assets/console.js*', async (route) => {
    // The page may be left meanwhile.
    await page.evaluate(untilPainted(200)).catch(() => {});
    await route.fallback();
  });
}

/**
 * Returns what moved in this document since it was loaded, a line for each layout shift. No line means a cumulative layout shift of 0.
 * Shifts within half a second after a click or a key do not count, as in the definition of the figure, unless `always` is true.
 */
export async function layoutShifts(page: Page, { always = false } = {}): Promise<string[]> {
  await page.evaluate(untilPainted(5_000));
  return page.evaluate(`(() => {
    const observer = new PerformanceObserver(() => {});
    observer.observe({ type: 'layout-shift', buffered: true });
    const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(' ');
    const source = ({ node, previousRect, currentRect }) =>
      (node?.outerHTML ?? node?.textContent ?? 'removed').slice(0, 80) + ': ' + place(previousRect) + ' → ' + place(currentRect);
    return observer
      .takeRecords()
      .filter(({ hadRecentInput }) => ${always} || !hadRecentInput)
      .map(({ value, sources }) => [value.toFixed(4), ...sources.map(source)].join('\\n'));
  })()`);
}

/** Returns an expression that resolves after the browser has painted twice, or after `maxMs` if the page must not be painted yet. */
function untilPainted(maxMs: number): string {
  return `new Promise((resolve) => {
    setTimeout(resolve, ${maxMs});
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)));
  })`;
}
