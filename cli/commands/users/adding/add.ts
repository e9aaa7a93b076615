import type { Command } from 'commander';
import type { Context } from '../../../context.ts';
import { hasCode, localError } from '../../../errors.ts';
import { readSecret } from '../../../input/read-stdin.ts';
import { connect } from '../../../session/connect.ts';
import { commandLine } from '../../../ui/command-line.ts';
import { printInvited } from '../../../ui/invitation.ts';
import { warn } from '../../../ui/notes.ts';
import { sanitize } from '../../../ui/sanitize.ts';
import { addFromFile } from './add-file.ts';
import { addUser } from './add-user.ts';
import type { UsersAddOptions } from './options.ts';

export function registerUsersAdd(users: Command, ctx: Context): void {
  users
    .command('add')
    .argument('[email]', 'Email address of the new member')
    .summary('Add a member, or all members of a CSV file')
    .description(
      'Add a member. A member without a password is invited by mail, to set one or to sign in with single sign-on. If the server cannot send mail, the command prints the link to pass on. With --file, add the members of a CSV file. Its first line names the columns: email and, optionally, name, superuser, auditor and grant (yes or no). The whole file is checked before anybody is added. Members who exist already stay as they are.',
    )
    .option('--file <path>', 'CSV file of up to 1,000 members; - means standard input')
    .option('--name <name>', 'Name of the member')
    .option('--superuser', 'Make the member an Organization Superuser')
    .option('--auditor', 'Make the member an auditor, who reads everything and changes nothing')
    .option('--grant', 'Let the member create and manage tokens')
    .option('--password-stdin', "Read the member's password from standard input, and send no invitation")
    .option('--no-mail', 'Send no invitation')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens users add ada@example.com --name "Ada Lovelace" --grant\n  $ tokens users add ada@example.com --password-stdin < password.txt\n  $ tokens users add --file members.csv --grant',
    )
    .action((email: string | undefined, _options, command: Command) =>
      runUsersAdd(ctx, email, command.optsWithGlobals()),
    );
}

async function runUsersAdd(ctx: Context, email: string | undefined, options: UsersAddOptions): Promise<void> {
  const { file } = options;
  if (email !== undefined && file !== undefined) {
    throw localError('usage', 'Give either an email address or --file, not both.');
  }
  if (file !== undefined) return addFromFile(ctx, file, options);
  if (email !== undefined) return addOne(ctx, email, options);
  throw localError('usage', 'Name the new member, or a CSV file: `tokens users add EMAIL`, or `--file members.csv`.');
}

async function addOne(ctx: Context, email: string, options: UsersAddOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const body = {
    email,
    ...(options.name !== undefined && { name: options.name }),
    ...(options.superuser && { superuser: true }),
    ...(options.auditor && { auditor: true }),
    ...(options.grant && { can_manage_tokens: true }),
    ...(options.passwordStdin && { password: await readSecret(ctx) }),
  };
  const user = await addUser(api, body, options.mail).catch((error: unknown) => {
    throw hasCode(error, 'email-taken') ? isMember(email, error) : error;
  });
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

function isMember(email: string, cause: unknown) {
  const advice = `If they have not joined yet, invite them again with \`${commandLine('users invite', email)}\`. If their account is disabled, use \`${commandLine('users enable', email)}\`.`;
  return localError('email-taken', `${sanitize(email)} is already the address of a member. ${advice}`, cause);
}
