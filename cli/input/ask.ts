import type { Context, Prompts } from '../context.ts';
import { localError } from '../errors.ts';

/** Whether somebody could answer a question: both stdin and stderr must be terminals. */
export function isInteractive(ctx: Context): boolean {
  return ctx.stdin.isTTY && ctx.stderr.isTTY;
}

/** The questions, or null where nobody could answer them. */
export async function promptsIfInteractive(ctx: Context): Promise<Prompts | null> {
  return isInteractive(ctx) ? ctx.prompts() : null;
}

/** Goes on after a yes, at once with `--yes`. Throws `cancelled` on a no, `usage` where nobody can be asked. */
export async function confirmOrCancel(ctx: Context, yes: boolean | undefined, question: string): Promise<void> {
  if (yes) return;
  const prompts = await promptsIfInteractive(ctx);
  if (!prompts) throw needsYes();
  if (!(await prompts.confirm(question))) throw localError('cancelled', 'Cancelled: nothing was changed.');
}

/** Refuses before anything is asked of the server what could not be confirmed anyway. */
export function requireConfirmable(ctx: Context, yes: boolean | undefined): void {
  if (!yes && !isInteractive(ctx)) throw needsYes();
}

function needsYes() {
  return localError('usage', 'This needs confirmation, and there is no terminal to ask on. Add --yes.');
}
