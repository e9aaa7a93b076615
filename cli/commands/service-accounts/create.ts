import type { Command } from 'commander';
import { expectBody } from '../../api/responses.ts';
import { serviceAccountShape } from '../../api/service-account-shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { repeated } from '../../input/repeated.ts';
import { connect } from '../../session/connect.ts';
import { warn } from '../../ui/notes.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';

export interface ServiceAccountsCreateOptions extends GlobalOptions {
  description?: string;
  maintainer?: string[];
  group?: string[];
}

export function registerServiceAccountsCreate(accounts: Command, ctx: Context): void {
  accounts
    .command('create')
    .argument('<name>', 'Name of the new service account: lowercase letters, digits and hyphens')
    .summary('Create a service account')
    .description(
      'Create a service account (superuser). Create its tokens with `tokens create NAME --service-account ACCOUNT`.',
    )
    .option('--description <text>', 'Purpose of the service account')
    .option('--maintainer <email>', 'Member who looks after it; repeat it for more', repeated)
    .option('--group <name>', 'Group that decides what apps its tokens may use; repeat it for more', repeated)
    .addHelpText(
      'after',
      '\nExample:\n  $ tokens service-accounts create ci --description "Builds on main" --maintainer ada@example.com',
    )
    .action((name: string, _options, command: Command) => runCreate(ctx, name, command.optsWithGlobals()));
}

async function runCreate(ctx: Context, name: string, options: ServiceAccountsCreateOptions): Promise<void> {
  const { description, maintainer, group } = options;
  const json = {
    name,
    ...(description !== undefined && { description }),
    ...(maintainer && { maintainers: maintainer }),
    ...(group && { groups: group }),
  };
  const { api } = await connect(ctx, options);
  const account = await expectBody(api['service-accounts'].$post({ json }), serviceAccountShape);
  const shown = sanitize(account.name);
  await printOutcome(ctx, options, account, `Created the service account ${shown}.`);
  if (account.maintainers.length > 0) return;
  const command = `tokens service-accounts edit ${shown} --add-maintainer EMAIL`;
  await warn(ctx, options, `Nobody maintains it, so all superusers get the mails about its tokens: ${command}`);
}
