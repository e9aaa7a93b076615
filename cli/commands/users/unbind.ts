import type { Command } from 'commander';
import { findUser } from '../../api/find/find-user.ts';
import { expectSuccess } from '../../api/responses.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { confirmOrCancel, requireConfirmable } from '../../input/ask.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { attemptAll } from '../attempt-all.ts';

export interface UnbindOptions extends GlobalOptions {
  yes?: boolean;
}

export function registerUsersUnbind(users: Command, ctx: Context): void {
  users
    .command('unbind')
    .argument('<email...>', 'Email addresses of the members')
    .summary('Let members sign in with a new single sign-on identity')
    .description(
      'Remove the identity of members at the identity provider, if the provider gave them a new one. Their sessions end. ' +
        'The next single sign-on with the email address of a member, if the provider verified it, connects the account again. ' +
        'Members whose password signs them in connect it on their profile instead. ' +
        'Tokens keep working. For all members of a provider, the operator runs `tokensd sso unbind` on the server.',
    )
    .option('--yes', 'Do not ask for confirmation')
    .addHelpText('after', '\nExample:\n  $ tokens users unbind ada@example.com')
    .action((emails: string[], _options, command: Command) => runUsersUnbind(ctx, emails, command.optsWithGlobals()));
}

async function runUsersUnbind(ctx: Context, emails: readonly string[], options: UnbindOptions): Promise<void> {
  requireConfirmable(ctx, options.yes);
  const { api } = await connect(ctx, options);
  const whom = emails.map(sanitize).join(', ');
  const question = `Unbind ${whom} from single sign-on and end all sessions? Whoever signs in with the email address next gets the account.`;
  await confirmOrCancel(ctx, options.yes, question);
  await attemptAll(emails, async (email) => {
    // The unbinding changes nothing that is printed. It may end your own session, so read the member before it.
    const user = await findUser(api, email);
    await expectSuccess(api.users[':id'].identity.$delete({ param: { id: user.id } }));
    await printOutcome(ctx, options, user, `Unbound: ${sanitize(user.email)}`);
  });
}
