import type { Command } from 'commander';
import { findUser } from '../../api/find-user.ts';
import { unwrap } from '../../api/unwrap.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { confirmOrCancel, requireConfirmable } from '../../input/ask.ts';
import { connect } from '../../session/connect.ts';
import { note } from '../../ui/notes.ts';
import { plain } from '../../ui/plain.ts';

export interface ResetTotpOptions extends GlobalOptions {
  yes?: boolean;
}

export function registerUsersResetTotp(users: Command, ctx: Context, run = runResetTotp): void {
  users
    .command('reset-totp')
    .argument('<email>', 'The member who lost their second step')
    .summary('Take the second step from a member who lost it')
    .description('Turn two-step sign-in of a member off, so that they can set it up again. Their sessions end.')
    .option('--yes', 'Do not ask')
    .addHelpText('after', '\nExample:\n  $ tokens users reset-totp ada@example.com')
    .action((email: string, _options, command: Command) => run(ctx, email, command.optsWithGlobals()));
}

async function runResetTotp(ctx: Context, email: string, options: ResetTotpOptions): Promise<void> {
  requireConfirmable(ctx, options.yes);
  const { api } = await connect(ctx, options);
  const user = await findUser(api, email);
  const who = plain(user.email);
  await confirmOrCancel(ctx, options.yes, `Let ${who} sign in with the password alone? Make sure it is they who ask.`);
  await unwrap(api.users[':id'].totp.$delete({ param: { id: user.id } }));
  await note(ctx, options, `Two-step sign-in of ${who} is off.`);
}
