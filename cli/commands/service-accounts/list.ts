import type { Command } from 'commander';
import { listServiceAccounts } from '../../api/find/find-service-account.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export interface ServiceAccountsListOptions extends GlobalOptions {
  orphaned?: boolean;
}

export function registerServiceAccountsList(accounts: Command, ctx: Context): void {
  accounts
    .command('list')
    .alias('ls')
    .summary('List service accounts')
    .description('List the service accounts that you maintain, newest first. Superusers and auditors see all of them.')
    .option('--orphaned', 'Only those without an enabled maintainer')
    .addHelpText('after', '\nExample:\n  $ tokens service-accounts list --json')
    .action((_options, command: Command) => runList(ctx, command.optsWithGlobals()));
}

async function runList(ctx: Context, options: ServiceAccountsListOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const accounts = await listServiceAccounts(api, options);
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, accounts);
  }
  const { printServiceAccounts } = await import('../../ui/organization/service-accounts.ts');
  await printServiceAccounts(ctx, options, accounts);
}
