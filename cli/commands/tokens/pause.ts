import { type Command, Option } from 'commander';
import type { PauseTokenBody } from '../../../shared/schemas/tokens/token-changes.ts';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { expectBody } from '../../api/responses.ts';
import { tokenShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { addOwnerOptions, type OwnerOptions } from '../../input/owner-options.ts';
import { parseSeconds, parseUntil } from '../../input/parse-time.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { timesFor } from '../../ui/times.ts';
import { changeTokens } from './change-tokens.ts';

export interface PauseOptions extends GlobalOptions, OwnerOptions {
  for?: string;
  until?: string;
  reason?: string;
}

export function definePause(command: Command, ctx: Context): void {
  command
    .argument('<names...>', 'Names or prefixes of the tokens')
    .description(
      'Stop tokens until they are resumed or the pause ends. Requests that use them are denied immediately, everywhere. Unlike a revocation, this can be undone with `tokens resume`. Only superusers can end a pause by a superuser. If a value was stolen, replace it before you resume the token: `tokens rotate NAME --overlap 0`.',
    )
    .addOption(new Option('--for <duration>', 'Length of the pause: 30m, 12h, 2d, 1w').conflicts('until'))
    .option('--until <time>', 'End of the pause: a time, or a date (the start of that day in UTC)')
    .option('--reason <text>', 'Reason, which the owner sees');
  addOwnerOptions(command, 'the tokens')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens pause ci-pipeline --for 2d --reason "Freeze before the release"\n  $ tokens pause laptop --user ada@example.com',
    )
    .action((names: string[], _options, command: Command) => runPause(ctx, names, command.optsWithGlobals()));
}

async function runPause(ctx: Context, names: readonly string[], options: PauseOptions): Promise<void> {
  const json: PauseTokenBody = {
    ...(options.for !== undefined && { for: parseSeconds('--for', options.for) }),
    ...(options.until !== undefined && { until: parseUntil(options.until) }),
    ...(options.reason !== undefined && { reason: options.reason }),
  };
  await changeTokens(ctx, names, options, {
    request: (api, id) => expectBody(api.tokens[':id'].pause.$post({ param: { id }, json }), tokenShape),
    outcome: (token) => `Paused ${sanitize(token.name)} (${sanitize(token.prefix)})${until(ctx, token)}.`,
  });
}

function until(ctx: Context, { paused }: Token): string {
  return paused?.until ? ` until ${timesFor(ctx.stderr, ctx).exact(paused.until)}` : '';
}
