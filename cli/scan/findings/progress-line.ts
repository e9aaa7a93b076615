import { count } from '../../../shared/count.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { clearLine } from '../../ui/progress.ts';

/** Shows on stderr how much was read, if that is a terminal. Shows nothing if stdout is the same terminal and prints JSON. */
export interface ProgressLine {
  add(bytes: number): void;
  show(): Promise<void>;
  clear(): Promise<void>;
}

const intervalMs = 100;

export function createProgressLine(ctx: Pick<Context, 'stderr' | 'stdout'>, { json }: GlobalOptions): ProgressLine {
  const isShown = ctx.stderr.isTTY && !(json && ctx.stdout.isTTY);
  let bytes = 0;
  let [isVisible, shownAtMs] = [false, performance.now()];
  return {
    add(more) {
      bytes += more;
    },
    async show() {
      const nowMs = performance.now();
      if (!isShown || nowMs - shownAtMs < intervalMs) return;
      [isVisible, shownAtMs] = [true, nowMs];
      const text = `Scanned ${count(Math.floor(bytes / 1e6), 'MB', 'MB')} …`;
      await ctx.stderr.write(clearLine + text).catch(() => undefined);
    },
    async clear() {
      if (!isVisible) return;
      isVisible = false;
      await ctx.stderr.write(clearLine).catch(() => undefined);
    },
  };
}
