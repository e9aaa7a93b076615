import type { CreatedToken } from '../../shared/schemas/tokens/tokens.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { tokenCommand } from './command-line.ts';
import { note } from './notes.ts';

/**
 * Reports one change: with `--json` the changed object on stdout, else `text` on stderr. A command that changes several
 * things reports each as soon as it is done, so that its output is a sequence of JSON objects.
 */
export async function printOutcome(ctx: Context, options: GlobalOptions, changed: object, text: string): Promise<void> {
  if (!options.json) return note(ctx, options, text);
  const { printJson } = await import('./json.ts');
  await printJson(ctx.stdout, changed);
}

export interface NewValueOptions extends GlobalOptions {
  store?: boolean;
  print?: boolean;
}

/**
 * Prints a value that the server has just issued: alone on stdout, or in the token object with `--json`. With `--no-print`,
 * the value is left out. A note on stderr says where the value is, or that it cannot be shown again.
 */
export async function printNewValue(ctx: Context, created: CreatedToken, options: NewValueOptions): Promise<void> {
  const { token: value, ...described } = created;
  if (options.json) {
    const { printJson } = await import('./json.ts');
    await printJson(ctx.stdout, options.print === false ? described : created);
  } else if (options.print !== false) {
    await ctx.stdout.write(`${value}\n`);
  }
  if (options.store) {
    await note(ctx, options, `The value is in the OS keychain. To print it: ${tokenCommand('get', created)}`);
  } else if (ctx.stdout.isTTY) {
    await note(ctx, options, 'Copy the value now: it cannot be shown again.');
  }
}
