import type { Pages } from '../api/pages.ts';
import type { Context, GlobalOptions } from '../context.ts';

const clearLine = '\r\u001b[2K';
const everyMs = 100;

/**
 * The same pages; while they come, a line on stderr counts the items. Only on a terminal, from the second page on, and
 * never on the one where the items themselves appear meanwhile.
 */
export async function* withProgress<T>(
  ctx: Context,
  options: GlobalOptions,
  noun: string,
  pages: Pages<T>,
): AsyncGenerator<readonly T[]> {
  const shown = ctx.stderr.isTTY && !(options.json && ctx.stdout.isTTY);
  const say = (text: string) => (shown ? ctx.stderr.write(text).catch(() => undefined) : undefined);
  let [items, toldAt] = [0, 0];
  try {
    for await (const page of pages) {
      const now = performance.now();
      if (items > 0 && now - toldAt > everyMs) {
        await say(`${clearLine}${(items + page.length).toLocaleString('en')} ${noun} …`);
        toldAt = now;
      }
      items += page.length;
      yield page;
    }
  } finally {
    if (toldAt > 0) await say(clearLine);
  }
}
