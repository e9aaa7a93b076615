import { count } from '../../shared/count.ts';
import type { Pages } from '../api/pages.ts';
import type { Context, GlobalOptions } from '../context.ts';

export const clearLine = '\r\u001b[2K';
const intervalMs = 100;

/**
 * Yields the pages unchanged and counts their items in a line on stderr. Shows the line only on a terminal and from the
 * second page on, and not if the items themselves are printed to that terminal at the same time.
 */
export async function* withProgress<T>(
  ctx: Context,
  options: GlobalOptions,
  noun: string,
  pages: Pages<T>,
): AsyncGenerator<readonly T[]> {
  const isShown = ctx.stderr.isTTY && !(options.json && ctx.stdout.isTTY);
  if (!isShown) return yield* pages;
  const show = (text: string) => ctx.stderr.write(text).catch(() => undefined);
  let [items, shownAtMs] = [0, 0];
  try {
    for await (const page of pages) {
      const nowMs = performance.now();
      if (items > 0 && nowMs - shownAtMs > intervalMs) {
        await show(`${clearLine}${count(items + page.length, noun)} …`);
        shownAtMs = nowMs;
      }
      items += page.length;
      yield page;
    }
  } finally {
    if (shownAtMs > 0) await show(clearLine);
  }
}
