import type { Command } from 'commander';
import { expectBody } from '../../api/responses.ts';
import { tokenShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { addOwnerOptions, type OwnerOptions } from '../../input/owner-options.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { changeTokens } from './change-tokens.ts';

export interface ResumeOptions extends GlobalOptions, OwnerOptions {}

export function defineResume(command: Command, ctx: Context): void {
  command
    .argument('<names...>', 'Names or prefixes of the tokens')
    .description('Let paused or idle tokens work again, with the values that they have.');
  addOwnerOptions(command, 'the tokens')
    .addHelpText('after', '\nExample:\n  $ tokens resume ci-pipeline')
    .action((names: string[], _options, command: Command) => runResume(ctx, names, command.optsWithGlobals()));
}

async function runResume(ctx: Context, names: readonly string[], options: ResumeOptions): Promise<void> {
  await changeTokens(ctx, names, options, {
    request: (api, id) => expectBody(api.tokens[':id'].resume.$post({ param: { id } }), tokenShape),
    outcome: ({ name, prefix, status }, before) => {
      const works = `${sanitize(name)} (${sanitize(prefix)}) is neither paused nor idle. If tokens become idle here, its time starts again.`;
      if (before.status === 'active') return works;
      const rest = status === 'active' ? '' : `, but it does not work yet: it is ${sanitize(status)}`;
      return `Resumed ${sanitize(name)} (${sanitize(prefix)})${rest}.`;
    },
  });
}
