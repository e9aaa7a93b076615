import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { changeServiceAccounts } from './change.ts';

export function registerServiceAccountsEnable(accounts: Command, ctx: Context): void {
  accounts
    .command('enable')
    .argument('<names...>', 'Names of the service accounts')
    .summary('Enable service accounts')
    .description('Enable disabled service accounts (superuser). Their tokens work again.')
    .addHelpText('after', '\nExample:\n  $ tokens service-accounts enable ci')
    .action((names: string[], _options, command: Command) =>
      changeServiceAccounts(ctx, names, { disabled: false }, 'Enabled', command.optsWithGlobals()),
    );
}
