import type { Command } from 'commander';
import { pagesOf } from '../../api/pages.ts';
import { unwrap } from '../../api/unwrap.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export function registerUsersList(users: Command, ctx: Context, run = runUsersList): void {
  users
    .command('list')
    .alias('ls')
    .summary('List members')
    .description('List the members of the organization.')
    .addHelpText('after', '\nExample:\n  $ tokens users list --json')
    .action((_options, command: Command) => run(ctx, command.optsWithGlobals()));
}

async function runUsersList(ctx: Context, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const { withProgress } = await import('../../ui/progress.ts');
  const users = withProgress(
    ctx,
    options,
    'members',
    pagesOf((query) => unwrap(api.users.$get({ query }))),
  );
  if (options.json) {
    const { printJsonArray } = await import('../../ui/json.ts');
    return printJsonArray(ctx.stdout, users);
  }
  const { printUsers } = await import('../../ui/users.ts');
  await printUsers(ctx, options, users);
}
