import type { Command } from 'commander';
import { findUser } from '../api/find-user.ts';
import { unwrap } from '../api/unwrap.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { localError } from '../errors.ts';
import { confirmOrCancel, requireConfirmable } from '../input/ask.ts';
import { connect } from '../session/connect.ts';
import { note } from '../ui/notes.ts';
import { plain } from '../ui/plain.ts';

export interface OffboardOptions extends GlobalOptions {
  yes?: boolean;
}

export function registerOffboard(program: Command, ctx: Context, run = runOffboard): void {
  program
    .command('offboard')
    .argument('<email>', 'The member who leaves')
    .summary('Disable an account and revoke all its tokens')
    .description('Disable the account of a member who leaves, and revoke every token of it for good.')
    .option('--yes', 'Do not ask')
    .addHelpText('after', '\nExample:\n  $ tokens offboard ada@example.com')
    .action((email: string, _options, command: Command) => run(ctx, email, command.optsWithGlobals()));
}

async function runOffboard(ctx: Context, email: string, options: OffboardOptions): Promise<void> {
  requireConfirmable(ctx, options.yes);
  const { api } = await connect(ctx, options);
  const [user, me] = await Promise.all([findUser(api, email), unwrap(api.me.$get())]);
  if (user.id === me.id) {
    // Half of it would be left undone: disabling oneself ends the session that is to revoke the tokens.
    throw localError('usage', 'You cannot offboard yourself. Ask another Organization Superuser.');
  }
  const who = plain(user.email);
  await confirmOrCancel(ctx, options.yes, `Disable ${who} and revoke their tokens (${user.token_count}) for good?`);
  const param = { id: user.id };
  // Disabled first: from then on nothing new can be created while the tokens are revoked.
  await unwrap(api.users[':id'].$patch({ param, json: { disabled: true } }));
  await unwrap(api.users[':id'].tokens.$delete({ param }));
  await note(ctx, options, `Disabled ${who} and revoked their tokens.`);
}
