import type { Context, GlobalOptions } from '../context.ts';

/** A remark to the person. Under `--json` stderr holds problems only, so nothing is said. */
export async function note(ctx: Context, options: GlobalOptions, text: string): Promise<void> {
  if (!options.json) await ctx.stderr.write(`${text}\n`);
}
