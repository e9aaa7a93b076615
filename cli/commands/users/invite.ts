import type { Command } from 'commander';
import { findUser } from '../../api/find/find-user.ts';
import { expectBody } from '../../api/responses.ts';
import { invitedUserShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { hasCode, localError } from '../../errors.ts';
import { connect } from '../../session/connect.ts';
import { printInvitationLink, printInvited } from '../../ui/invitation.ts';

export function registerUsersInvite(users: Command, ctx: Context): void {
  users
    .command('invite')
    .argument('<email>', 'Email address of the member')
    .summary('Send a member another invitation')
    .description(
      'Invite a member again who has not joined yet. The link of the earlier invitation stops working. If the server cannot send mail, the command prints the new link to pass on.',
    )
    .option('--link', 'Print a new link instead, and mail nothing')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens users invite ada@example.com\n  $ tokens users invite ada@example.com --link',
    )
    .action((email: string, _options, command: Command) => runUsersInvite(ctx, email, command.optsWithGlobals()));
}

interface InviteOptions extends GlobalOptions {
  link?: boolean;
}

async function runUsersInvite(ctx: Context, email: string, options: InviteOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const { id } = await findUser(api, email);
  const user = api.users[':id'];
  const sent = options.link
    ? user['invitation-link'].$post({ param: { id } })
    : user.invitation.$post({ param: { id } });
  const invited = await expectBody(sent, invitedUserShape).catch((error: unknown) => {
    if (hasCode(error, 'not-found')) throw tooOld(error);
    throw error;
  });
  if (options.link) await printInvitationLink(ctx, options, invited);
  else await printInvited(ctx, options, invited, 'Invited');
}

/** A daemon of an earlier release lacks one of the routes, or both. */
function tooOld(cause: unknown) {
  return localError('not-found', 'This server is too old for this command. Ask its operator to upgrade it.', cause);
}
