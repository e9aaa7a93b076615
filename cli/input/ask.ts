import type { Context, Prompts } from '../context.ts';
import { localError } from '../errors.ts';

/** Returns whether a person can answer a question: both stdin and stderr must be terminals. */
export function isInteractive(ctx: Context): boolean {
  return ctx.stdin.isTTY && ctx.stderr.isTTY;
}

/** Returns the prompts, or null without a terminal. */
export async function promptsIfInteractive(ctx: Context): Promise<Prompts | null> {
  return isInteractive(ctx) ? ctx.prompts() : null;
}

/**
 * Returns the prompts that ask for a password, or null if it comes from standard input.
 * @throws CliError `usage` if a prompt is needed but there is no terminal.
 */
export async function promptsOrStdin(ctx: Context, passwordStdin: boolean | undefined): Promise<Prompts | null> {
  if (passwordStdin) return null;
  const prompts = await promptsIfInteractive(ctx);
  if (prompts) return prompts;
  throw noTerminalForPassword();
}

export function noTerminalForPassword() {
  return localError('usage', 'There is no terminal to ask for the password. Use --password-stdin.');
}

/** Asks for confirmation, unless `yes`. @throws CliError `cancelled` if the answer is no, `usage` without a terminal. */
export async function confirmOrCancel(ctx: Context, yes: boolean | undefined, question: string): Promise<void> {
  if (yes) return;
  const prompts = await promptsIfInteractive(ctx);
  if (!prompts) throw needsYes();
  if (!(await prompts.confirm(question))) throw localError('cancelled', 'Cancelled: nothing was changed.');
}

/** Fails before any request if `confirmOrCancel` could not ask. @throws CliError `usage`. */
export function requireConfirmable(ctx: Context, yes: boolean | undefined): void {
  if (!yes && !isInteractive(ctx)) throw needsYes();
}

function needsYes() {
  return localError('usage', 'This needs confirmation, but there is no terminal to ask. Add --yes.');
}
