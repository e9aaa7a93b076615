import type { Command } from 'commander';
import type { Context, GlobalOptions } from '../../context.ts';
import { updateUsers } from './update.ts';

export function registerUsersPromote(users: Command, ctx: Context): void {
  users
    .command('promote')
    .argument('<email...>', 'Email addresses of the members')
    .summary('Make members Organization Superusers, or auditors')
    .description(
      'Make members Organization Superusers, who manage members, permissions and the tokens of others. With --auditor, make them auditors, who read members, tokens, apps, OAuth clients, service accounts, trusts, webhooks, reports and audit events, and change nothing.',
    )
    .option('--auditor', 'Grant the role auditor instead')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens users promote ada@example.com\n  $ tokens users promote ada@example.com --auditor',
    )
    .action((emails: string[], { auditor }: { auditor?: boolean }, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      return auditor
        ? updateUsers(ctx, emails, { auditor: true }, (email) => `Granted the role auditor to ${email}.`, options)
        : updateUsers(ctx, emails, { superuser: true }, (email) => `Promoted ${email}.`, options);
    });
}
