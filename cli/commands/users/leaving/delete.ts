import type { Command } from 'commander';
import { count } from '../../../../shared/count.ts';
import { onlyMaintainedBy } from '../../../api/find/find-orphans.ts';
import { findUser } from '../../../api/find/find-user.ts';
import { expectSuccess } from '../../../api/responses.ts';
import type { Context, GlobalOptions } from '../../../context.ts';
import { confirmOrCancel, requireConfirmable } from '../../../input/ask.ts';
import { connect } from '../../../session/connect.ts';
import { printOutcome } from '../../../ui/outcome.ts';
import { sanitize } from '../../../ui/sanitize.ts';
import { announceOrphans, warnOfUnmaintained } from './warn-of-orphans.ts';

export interface UsersDeleteOptions extends GlobalOptions {
  yes?: boolean;
}

export function registerUsersDelete(users: Command, ctx: Context): void {
  users
    .command('delete')
    .argument('<email>', 'Email address of the member')
    .summary('Delete a member for good')
    .description(
      'Delete a member for good: revoke all tokens, end all sessions, and erase the email address and the name. The audit log keeps a pseudonym. To keep the account, use `tokens offboard` instead.',
    )
    .option('--yes', 'Do not ask for confirmation')
    .addHelpText('after', '\nExample:\n  $ tokens users delete ada@example.com')
    .action((email: string, _options, command: Command) => runUsersDelete(ctx, email, command.optsWithGlobals()));
}

async function runUsersDelete(ctx: Context, email: string, options: UsersDeleteOptions): Promise<void> {
  requireConfirmable(ctx, options.yes);
  const { api } = await connect(ctx, options);
  const user = await findUser(api, email);
  const who = sanitize(user.email);
  const revocation = user.token_count === 0 ? '' : `, and permanently revoke ${count(user.token_count, 'token')}`;
  const question = `Delete ${who} for good${revocation}? This cannot be undone.`;
  // Afterwards, nothing says any more what the member maintained.
  const orphaned = await onlyMaintainedBy(api, user.email);
  if (!options.yes) await announceOrphans(ctx, orphaned);
  await confirmOrCancel(ctx, options.yes, question);
  await expectSuccess(api.users[':id'].$delete({ param: { id: user.id } }));
  await printOutcome(ctx, options, { ...user, status: 'deleted' }, `Deleted ${who}.`);
  await warnOfUnmaintained(ctx, options, orphaned);
}
