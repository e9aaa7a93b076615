import type { Command } from 'commander';
import { count } from '../../../shared/count.ts';
import { findServiceAccount } from '../../api/find/find-service-account.ts';
import { expectSuccess } from '../../api/responses.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { confirmOrCancel, requireConfirmable } from '../../input/ask.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';

export interface ServiceAccountsDeleteOptions extends GlobalOptions {
  yes?: boolean;
}

export function registerServiceAccountsDelete(accounts: Command, ctx: Context): void {
  accounts
    .command('delete')
    .argument('<name>', 'Name of the service account')
    .summary('Delete a service account and revoke its tokens')
    .description(
      'Delete a service account (superuser). Its tokens are revoked for good, its trusts are deleted, and its maintainers get a mail. The name is then free.',
    )
    .option('--yes', 'Do not ask for confirmation')
    .addHelpText('after', '\nExample:\n  $ tokens service-accounts delete ci')
    .action((name: string, _options, command: Command) => runDelete(ctx, name, command.optsWithGlobals()));
}

async function runDelete(ctx: Context, name: string, options: ServiceAccountsDeleteOptions): Promise<void> {
  requireConfirmable(ctx, options.yes);
  const { api } = await connect(ctx, options);
  const account = await findServiceAccount(api, name);
  const shown = sanitize(account.name);
  const tokens = count(account.token_count, 'token');
  await confirmOrCancel(ctx, options.yes, `Delete ${shown} and permanently revoke its ${tokens}?`);
  await expectSuccess(api['service-accounts'][':id'].$delete({ param: { id: account.id } }));
  await printOutcome(ctx, options, account, `Deleted ${shown}. Revoked ${tokens}.`);
}
