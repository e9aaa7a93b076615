import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { changeServiceAccounts } from './change.ts';

export function registerServiceAccountsDisable(accounts: Command, ctx: Context): void {
  accounts
    .command('disable')
    .argument('<names...>', 'Names of the service accounts')
    .summary('Disable service accounts')
    .description(
      'Disable service accounts (superuser). Their tokens stop working immediately, and work again when the account is enabled.',
    )
    .addHelpText('after', '\nExample:\n  $ tokens service-accounts disable ci')
    .action((names: string[], _options, command: Command) =>
      changeServiceAccounts(ctx, names, { disabled: true }, 'Disabled', command.optsWithGlobals()),
    );
}
