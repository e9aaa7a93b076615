import type { Command } from 'commander';
import type { CreateUserBody, InvitedUser } from '../../../shared/schemas/accounts/users.ts';
import type { Api } from '../../api/client.ts';
import { expectBody } from '../../api/responses.ts';
import { invitedUserShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { hasCode } from '../../errors.ts';
import { readSecret } from '../../input/read-stdin.ts';
import { connect } from '../../session/connect.ts';
import { commandLine } from '../../ui/command-line.ts';
import { printInvited } from '../../ui/invitation.ts';
import { warn } from '../../ui/notes.ts';

export interface UsersAddOptions extends GlobalOptions {
  name?: string;
  superuser?: boolean;
  auditor?: boolean;
  grant?: boolean;
  passwordStdin?: boolean;
  /** False with `--no-mail`. */
  mail: boolean;
}

export function registerUsersAdd(users: Command, ctx: Context): void {
  users
    .command('add')
    .argument('<email>', 'Email address of the new member')
    .summary('Add a member')
    .description(
      'Add a member. A member without a password is invited by mail, to set one or to sign in with single sign-on. If the server cannot send mail, the command prints the link to pass on.',
    )
    .option('--name <name>', 'Name of the member')
    .option('--superuser', 'Make the member an Organization Superuser')
    .option('--auditor', 'Make the member an auditor, who reads everything and changes nothing')
    .option('--grant', 'Let the member create and manage tokens')
    .option('--password-stdin', "Read the member's password from standard input, and send no invitation")
    .option('--no-mail', 'Send no invitation')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens users add ada@example.com --name "Ada Lovelace" --grant\n  $ tokens users add ada@example.com --password-stdin < password.txt',
    )
    .action((email: string, _options, command: Command) => runUsersAdd(ctx, email, command.optsWithGlobals()));
}

async function runUsersAdd(ctx: Context, email: string, options: UsersAddOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const body = {
    email,
    ...(options.name !== undefined && { name: options.name }),
    ...(options.superuser && { superuser: true }),
    ...(options.auditor && { auditor: true }),
    ...(options.grant && { can_manage_tokens: true }),
    ...(options.passwordStdin && { password: await readSecret(ctx) }),
  };
  const user = options.mail ? await addUser(api, body) : await addUninvited(api, body);
  await printInvited(ctx, options, user, 'Added');
  if (!options.mail || user.status !== 'invited' || user.invitation) return;
  // Only superusers see the link. A management key could otherwise set the password.
  const command = commandLine('users invite', user.email);
  await warn(
    ctx,
    options,
    `The server cannot send mail, so nobody was invited. A superuser gets the link with: ${command}`,
  );
}

function addUser(api: Api, json: CreateUserBody): Promise<InvitedUser> {
  return expectBody(api.users.$post({ json }), invitedUserShape);
}

/** Adds a member without an invitation. An older daemon rejects the field `invite`, and sends no invitations. */
function addUninvited(api: Api, body: CreateUserBody): Promise<InvitedUser> {
  return addUser(api, { ...body, invite: false }).catch((error: unknown) => {
    const isOld =
      hasCode(error, 'invalid-fields') && error.problem.errors?.every(({ pointer }) => pointer === '/invite');
    if (!isOld) throw error;
    return addUser(api, body);
  });
}
