import { type Command, Option } from 'commander';
import type { Context, GlobalOptions } from '../../context.ts';
import { localError } from '../../errors.ts';
import { repeated } from '../../input/repeated.ts';
import { changeServiceAccounts } from './change.ts';

export interface ServiceAccountsEditOptions extends GlobalOptions {
  description?: string;
  addMaintainer?: string[];
  removeMaintainer?: string[];
  group?: string[];
  /** False with `--no-groups`. */
  groups?: boolean;
}

export function registerServiceAccountsEdit(accounts: Command, ctx: Context): void {
  accounts
    .command('edit')
    .argument('<name>', 'Name of the service account')
    .summary('Change a service account')
    .description(
      'Change a service account that you maintain. Only superusers change its groups, because they decide what apps its tokens may use.',
    )
    .option('--description <text>', 'New description; an empty text removes it')
    .option('--add-maintainer <email>', 'Member to add to its maintainers; repeat it for more', repeated)
    .option('--remove-maintainer <email>', 'Maintainer to remove; repeat it for more', repeated)
    .addOption(
      new Option('--group <name>', 'Group in place of the present ones (superuser); repeat it for more')
        .argParser(repeated)
        .conflicts('groups'),
    )
    .option('--no-groups', 'Remove all groups (superuser)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens service-accounts edit ci --add-maintainer grace@example.com --remove-maintainer ada@example.com\n  $ tokens service-accounts edit ci --group deployers',
    )
    .action((name: string, _options, command: Command) => runEdit(ctx, name, command.optsWithGlobals()));
}

async function runEdit(ctx: Context, name: string, options: ServiceAccountsEditOptions): Promise<void> {
  const { description, addMaintainer, removeMaintainer } = options;
  const groups = options.groups === false ? [] : options.group;
  const json = {
    ...(description !== undefined && { description }),
    ...(addMaintainer && { add_maintainers: addMaintainer }),
    ...(removeMaintainer && { remove_maintainers: removeMaintainer }),
    ...(groups && { groups }),
  };
  if (Object.keys(json).length === 0) {
    throw localError('usage', 'There is nothing to change. Give --description, --add-maintainer or another option.');
  }
  await changeServiceAccounts(ctx, [name], json, 'Changed', options);
}
