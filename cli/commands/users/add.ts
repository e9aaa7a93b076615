import type { Command } from 'commander';
import { expectBody } from '../../api/responses.ts';
import { userShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { readSecret } from '../../input/read-stdin.ts';
import { connect } from '../../session/connect.ts';
import { note } from '../../ui/notes.ts';
import { sanitize } from '../../ui/sanitize.ts';

export interface UsersAddOptions extends GlobalOptions {
  name?: string;
  superuser?: boolean;
  grant?: boolean;
  passwordStdin?: boolean;
}

export function registerUsersAdd(users: Command, ctx: Context): void {
  users
    .command('add')
    .argument('<email>', 'Email address of the new member')
    .summary('Add a member')
    .description(
      'Add a member. Without a password, the member signs in with single sign-on or requests a link on the sign-in page.',
    )
    .option('--name <name>', 'Name of the member')
    .option('--superuser', 'Make the member an Organization Superuser')
    .option('--grant', 'Let the member create and manage tokens')
    .option('--password-stdin', "Read the member's password from standard input")
    .addHelpText(
      'after',
      '\nExample:\n  $ tokens users add ada@example.com --name "Ada Lovelace" --grant --password-stdin < password.txt',
    )
    .action((email: string, _options, command: Command) => runUsersAdd(ctx, email, command.optsWithGlobals()));
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
  const user = await expectBody(api.users.$post({ json }), userShape);
  await note(ctx, options, `Added ${sanitize(user.email)}.`);
}
