import type { Context, GlobalOptions } from '../context.ts';

/** A line on stderr. That nobody can read it is no reason to stop what is being done, so this never rejects. */
export async function tell(ctx: Pick<Context, 'stderr'>, text: string): Promise<void> {
  await ctx.stderr.write(`${text}\n`).catch(() => undefined);
}

/** A remark to the person. Under `--json` stderr holds problems only, so nothing is said. */
export async function note(ctx: Context, options: GlobalOptions, text: string): Promise<void> {
  if (!options.json) await tell(ctx, text);
}
