import type { Command } from 'commander';
import type { Context, GlobalOptions } from '../../context.ts';
import { updateUsers } from './update.ts';

export function registerUsersDemote(users: Command, ctx: Context): void {
  users
    .command('demote')
    .argument('<email...>', 'Email addresses of the members')
    .summary('Make Organization Superusers, or auditors, regular members')
    .description(
      'Make Organization Superusers regular members. The last superuser cannot be demoted. With --auditor, remove only the role auditor.',
    )
    .option('--auditor', 'Remove the role auditor instead')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens users demote ada@example.com\n  $ tokens users demote ada@example.com --auditor',
    )
    .action((emails: string[], { auditor }: { auditor?: boolean }, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      return auditor
        ? updateUsers(ctx, emails, { auditor: false }, (email) => `Removed the role auditor from ${email}.`, options)
        : updateUsers(ctx, emails, { superuser: false }, (email) => `Demoted ${email}.`, options);
    });
}
