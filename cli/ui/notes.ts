import type { Context, GlobalOptions } from '../context.ts';

/** Writes a line to stderr. Never rejects, because a closed stderr must not stop the command. */
export async function writeStderr(ctx: Pick<Context, 'stderr'>, text: string): Promise<void> {
  await ctx.stderr.write(`${text}\n`).catch(() => undefined);
}

/**
 * Writes a confirmation or advice to stderr, for a person. Writes nothing if stderr is not a terminal, because a script needs
 * only the exit code, and nothing with `--json`.
 */
export async function note(ctx: Context, options: GlobalOptions, text: string): Promise<void> {
  if (ctx.stderr.isTTY) await warn(ctx, options, text);
}

/**
 * Writes a warning that something is wrong to stderr, for scripts as well. Writes nothing with `--json`, because stderr then
 * contains only problems.
 */
export async function warn(ctx: Context, options: GlobalOptions, text: string): Promise<void> {
  if (!options.json) await writeStderr(ctx, text);
}
