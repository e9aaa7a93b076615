import type { Command } from 'commander';
import { count } from '../../../../shared/count.ts';
import type { Api } from '../../../api/client.ts';
import { findUser } from '../../../api/find/find-user.ts';
import { expectStatus } from '../../../api/responses.ts';
import type { Context, GlobalOptions } from '../../../context.ts';
import { confirmOrCancel, requireConfirmable } from '../../../input/ask.ts';
import { connect } from '../../../session/connect.ts';
import { note } from '../../../ui/notes.ts';
import { printOutcome } from '../../../ui/outcome.ts';
import { sanitize } from '../../../ui/sanitize.ts';

export interface UsersEraseOptions extends GlobalOptions {
  yes?: boolean;
}

export function registerUsersErase(users: Command, ctx: Context): void {
  users
    .command('erase')
    .argument('<email>', 'Email address of the member')
    .summary('Erase a disabled member from everything that the server stores')
    .description(
      'Erase a disabled member: revoke the tokens that are left, delete the member, and put a pseudonym in place of their email addresses in audit events, queued mail and every other text in the database. The member gets no mail. Remove the member from backups, and from logs outside the database, yourself.',
    )
    .option('--yes', 'Do not ask for confirmation')
    .addHelpText('after', '\nExample:\n  $ tokens offboard ada@example.com\n  $ tokens users erase ada@example.com')
    .action((email: string, _options, command: Command) => runUsersErase(ctx, email, command.optsWithGlobals()));
}

async function runUsersErase(ctx: Context, email: string, options: UsersEraseOptions): Promise<void> {
  requireConfirmable(ctx, options.yes);
  const { api } = await connect(ctx, options);
  const user = await findUser(api, email);
  const who = sanitize(user.email);
  const revocation = user.token_count === 0 ? '' : `, and permanently revoke ${count(user.token_count, 'token')}`;
  const question = `Erase ${who} from the database, the audit log included${revocation}? This cannot be undone.`;
  await confirmOrCancel(ctx, options.yes, question);
  await eraseToTheEnd(ctx, options, api, user.id);
  await printOutcome(ctx, options, { id: user.id, status: 'erased' }, `Erased ${who}.`);
}

const pollMs = 2_000;

/** In a large database, an erasure takes longer than one request. */
async function eraseToTheEnd(ctx: Context, options: UsersEraseOptions, api: Api, id: string): Promise<void> {
  const erase = () => expectStatus(api.users[':id'].erase.$post({ param: { id } }));
  if ((await erase()) !== 202) return;
  await note(
    ctx,
    options,
    'The member is deleted. The server is replacing the address in a large database, and goes on if you stop this command.',
  );
  do await ctx.sleep(pollMs);
  while ((await erase()) === 202);
}
