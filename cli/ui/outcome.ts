import type { Context, GlobalOptions } from '../context.ts';
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
