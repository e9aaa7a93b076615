import type { Command } from 'commander';
import { findUser } from '../../api/find/find-user.ts';
import { expectBody } from '../../api/responses.ts';
import { userShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { localError } from '../../errors.ts';
import { connect } from '../../session/connect.ts';
import { commandLine } from '../../ui/command-line.ts';
import { note } from '../../ui/notes.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';

export interface UsersEditOptions extends GlobalOptions {
  email?: string;
  name?: string;
}

export function registerUsersEdit(users: Command, ctx: Context): void {
  users
    .command('edit')
    .argument('<email>', 'Email address of the member')
    .summary("Change a member's email address or name")
    .description(
      "Change a member's email address or name. Both addresses get a mail. The address of a member who signs in with single sign-on comes from the identity provider and cannot be changed here.",
    )
    .option('--email <new>', 'New email address')
    .option('--name <name>', 'New name')
    .addHelpText('after', '\nExample:\n  $ tokens users edit ada@example.com --email ada.lovelace@example.com')
    .action((email: string, _options, command: Command) => runUsersEdit(ctx, email, command.optsWithGlobals()));
}

async function runUsersEdit(ctx: Context, email: string, options: UsersEditOptions): Promise<void> {
  const json = {
    ...(options.email !== undefined && { email: options.email }),
    ...(options.name !== undefined && { name: options.name }),
  };
  if (Object.keys(json).length === 0) throw localError('usage', 'Give --email or --name.');
  const { api } = await connect(ctx, options);
  const before = await findUser(api, email);
  const user = await expectBody(api.users[':id'].$patch({ param: { id: before.id }, json }), userShape);
  const name = user.name === '' ? '' : ` (${sanitize(user.name)})`;
  await printOutcome(ctx, options, user, `Changed ${sanitize(before.email)}: now ${sanitize(user.email)}${name}.`);
  if (user.status !== 'invited' || user.email === before.email) return;
  const again = commandLine('users invite', user.email);
  await note(ctx, options, `The earlier invitation no longer works. Send another one: ${again}`);
}
