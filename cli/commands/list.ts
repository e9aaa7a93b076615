import { type Command, InvalidArgumentError, Option } from 'commander';
import type { TokenStatus } from '../../shared/schemas/tokens.ts';
import { pagesOf } from '../api/pages.ts';
import { unwrap } from '../api/unwrap.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { connect } from '../session/connect.ts';

export interface ListOptions extends GlobalOptions {
  user?: string;
  all?: boolean;
  status?: TokenStatus;
  limit?: number;
}

const statuses = ['active', 'blocked', 'disabled', 'sso-stale', 'expired'] satisfies TokenStatus[];

export function registerList(program: Command, ctx: Context, run = runList): void {
  program
    .command('list')
    .alias('ls')
    .summary('List tokens and their last use')
    .description('List your tokens, newest first, with when, how and from where each was last used.')
    .addOption(new Option('--user <email>', 'The tokens of this member (superuser)').conflicts('all'))
    .option('--all', "Everybody's tokens (superuser)")
    .addOption(new Option('--status <status>', 'Only these').choices(statuses))
    .option('--limit <n>', 'At most this many', parseLimit)
    .addHelpText('after', '\nExamples:\n  $ tokens list\n  $ tokens list --all --status expired --json')
    .action((_options, command: Command) => run(ctx, command.optsWithGlobals()));
}

async function runList(ctx: Context, options: ListOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const filter = {
    ...(options.user !== undefined && { user: options.user }),
    ...(options.all && { all: 'true' as const }),
    ...(options.status && { status: options.status }),
  };
  const pages = pagesOf((page) => unwrap(api.tokens.$get({ query: { ...filter, ...page } })), options.limit);
  const { withProgress } = await import('../ui/progress.ts');
  const tokens = withProgress(ctx, options, 'tokens', pages);
  if (options.json) {
    const { printJsonArray } = await import('../ui/json.ts');
    return printJsonArray(ctx.stdout, tokens);
  }
  const { printTokens } = await import('../ui/tokens.ts');
  await printTokens(ctx, options, tokens);
}

function parseLimit(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a whole number from 1.');
}
