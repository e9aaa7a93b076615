import type { Command } from 'commander';
import { findServiceAccount } from '../../api/find/find-service-account.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export function registerServiceAccountsShow(accounts: Command, ctx: Context): void {
  accounts
    .command('show')
    .argument('<name>', 'Name of the service account')
    .summary('Show a service account')
    .description('Show a service account that you maintain. Superusers and auditors see every one.')
    .addHelpText('after', '\nExample:\n  $ tokens service-accounts show ci')
    .action((name: string, _options, command: Command) => runShow(ctx, name, command.optsWithGlobals()));
}

async function runShow(ctx: Context, name: string, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const account = await findServiceAccount(api, name);
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, account);
  }
  const { printServiceAccount } = await import('../../ui/organization/service-accounts.ts');
  await printServiceAccount(ctx, account);
}
