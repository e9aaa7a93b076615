import type { Command } from 'commander';
import { findUser } from '../../api/find/find-user.ts';
import { expectSuccess } from '../../api/responses.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { confirmOrCancel, requireConfirmable } from '../../input/ask.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';

export interface ResetTotpOptions extends GlobalOptions {
  yes?: boolean;
}

export function registerUsersResetTotp(users: Command, ctx: Context): void {
  users
    .command('reset-totp')
    .argument('<email>', 'Email address of the member')
    .summary('Turn off two-factor sign-in for a member')
    .description(
      'Turn off two-factor sign-in for a member who lost their authenticator app or passkey. This removes all their passkeys and ends their sessions. They can then set it up again.',
    )
    .option('--yes', 'Do not ask for confirmation')
    .addHelpText('after', '\nExample:\n  $ tokens users reset-totp ada@example.com')
    .action((email: string, _options, command: Command) => runResetTotp(ctx, email, command.optsWithGlobals()));
}

async function runResetTotp(ctx: Context, email: string, options: ResetTotpOptions): Promise<void> {
  requireConfirmable(ctx, options.yes);
  const { api } = await connect(ctx, options);
  const user = await findUser(api, email);
  const who = sanitize(user.email);
  const question = `Let ${who} sign in with only a password? Make sure that the request really comes from this member.`;
  await confirmOrCancel(ctx, options.yes, question);
  await expectSuccess(api.users[':id'].totp.$delete({ param: { id: user.id } }));
  await printOutcome(ctx, options, user, `Two-factor sign-in of ${who} is off.`);
}
