import type { Command } from 'commander';
import { findUser } from '../../api/find/find-user.ts';
import { expectBody } from '../../api/responses.ts';
import { invitedUserShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { hasCode, localError } from '../../errors.ts';
import { connect } from '../../session/connect.ts';
import { printInvited } from '../../ui/invitation.ts';

export function registerUsersInvite(users: Command, ctx: Context): void {
  users
    .command('invite')
    .argument('<email>', 'Email address of the member')
    .summary('Send a member another invitation')
    .description(
      'Invite a member who has not joined yet once more. The link of the earlier invitation stops working. If the server cannot send mail, the command prints the new link to pass on.',
    )
    .addHelpText('after', '\nExample:\n  $ tokens users invite ada@example.com')
    .action((email: string, _options, command: Command) => runUsersInvite(ctx, email, command.optsWithGlobals()));
}

async function runUsersInvite(ctx: Context, email: string, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const { id } = await findUser(api, email);
  const invited = await expectBody(api.users[':id'].invitation.$post({ param: { id } }), invitedUserShape).catch(
    (error: unknown) => {
      if (hasCode(error, 'not-found')) throw tooOld(error);
      throw error;
    },
  );
  await printInvited(ctx, options, invited, 'Invited');
}

/** The daemon of an earlier release has no such route. */
function tooOld(cause: unknown) {
  return localError('not-found', 'This server is too old to send invitations. Ask its operator to upgrade it.', cause);
}
