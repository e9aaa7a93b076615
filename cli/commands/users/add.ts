import type { Command } from 'commander';
import { unwrap } from '../../api/unwrap.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { readSecret } from '../../input/read-stdin.ts';
import { connect } from '../../session/connect.ts';
import { note } from '../../ui/notes.ts';
import { plain } from '../../ui/plain.ts';

export interface UsersAddOptions extends GlobalOptions {
  name?: string;
  superuser?: boolean;
  grant?: boolean;
  passwordStdin?: boolean;
}

export function registerUsersAdd(users: Command, ctx: Context, run = runUsersAdd): void {
  users
    .command('add')
    .argument('<email>', 'E-mail address of the new member')
    .summary('Add a member')
    .description(
      'Add a member. Without a password they sign in by single sign-on, or ask for a link on the sign-in page.',
    )
    .option('--name <name>', "The member's name")
    .option('--superuser', 'Make the member an Organization Superuser')
    .option('--grant', 'Let the member create and manage tokens')
    .option('--password-stdin', "Read the member's password from standard input")
    .addHelpText(
      'after',
      '\nExample:\n  $ tokens users add ada@example.com --name "Ada Lovelace" --grant --password-stdin < password.txt',
    )
    .action((email: string, _options, command: Command) => run(ctx, email, command.optsWithGlobals()));
}

async function runUsersAdd(ctx: Context, email: string, options: UsersAddOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const json = {
    email,
    ...(options.name !== undefined && { name: options.name }),
    ...(options.superuser && { superuser: true }),
    ...(options.grant && { can_manage_tokens: true }),
    ...(options.passwordStdin && { password: await readSecret(ctx) }),
  };
  const user = await unwrap(api.users.$post({ json }));
  await note(ctx, options, `Added ${plain(user.email)}.`);
}
