import type { Context, GlobalOptions } from '../context.ts';

/** Writes a line to stderr. Never rejects, because a closed stderr must not stop the command. */
export async function writeStderr(ctx: Pick<Context, 'stderr'>, text: string): Promise<void> {
  await ctx.stderr.write(`${text}\n`).catch(() => undefined);
}

/** Writes a note to stderr. Writes nothing with `--json`, because stderr then contains only problems. */
export async function note(ctx: Context, options: GlobalOptions, text: string): Promise<void> {
  if (!options.json) await writeStderr(ctx, text);
}
