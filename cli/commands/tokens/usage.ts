import type { Command } from 'commander';
import { findToken } from '../../api/find/find-token.ts';
import { expectBody } from '../../api/responses.ts';
import { usageShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { addOwnerOptions, type OwnerOptions } from '../../input/owner-options.ts';
import { parseUsageDays } from '../../input/parse-days.ts';
import { connect } from '../../session/connect.ts';

export interface UsageOptions extends GlobalOptions, OwnerOptions {
  days?: string;
}

const defaultDays = '30';

export function defineUsage(command: Command, ctx: Context): void {
  command
    .argument('<name>', 'Name or prefix of the token')
    .description(
      'Show how often a token was used on each day, its last denied requests, and its most frequent routes, networks and user agents. Uses of the last minute may be missing.',
    )
    .option('--days <number>', `Length of the period, 1 to 400 days (default: ${defaultDays})`);
  addOwnerOptions(command, 'the token')
    .addHelpText('after', '\nExample:\n  $ tokens usage ci-pipeline --days 90')
    .action((name: string, _options, command: Command) => runUsage(ctx, name, command.optsWithGlobals()));
}

async function runUsage(ctx: Context, name: string, options: UsageOptions): Promise<void> {
  const days = parseUsageDays(options.days ?? defaultDays);
  const { api } = await connect(ctx, options);
  const token = await findToken(api, name, options);
  const usage = await expectBody(
    api.tokens[':id'].usage.$get({ param: { id: token.id }, query: { days } }),
    usageShape,
  );
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, usage);
  }
  const { printUsage } = await import('../../ui/usage/print-usage.ts');
  await printUsage(ctx, options, token, usage);
}
