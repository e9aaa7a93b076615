import type { Command } from 'commander';
import { count } from '../../../shared/count.ts';
import { findUser } from '../../api/find/find-user.ts';
import { expectBody, expectSuccess } from '../../api/responses.ts';
import { userShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { localError } from '../../errors.ts';
import { confirmOrCancel, requireConfirmable } from '../../input/ask.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';

export interface OffboardOptions extends GlobalOptions {
  yes?: boolean;
}

export function registerOffboard(program: Command, ctx: Context): void {
  program
    .command('offboard')
    .argument('<email>', 'Email address of the member')
    .summary('Disable an account and revoke all its tokens')
    .description('Disable the account of a member who leaves, and permanently revoke all of their tokens.')
    .option('--yes', 'Do not ask for confirmation')
    .addHelpText('after', '\nExample:\n  $ tokens offboard ada@example.com')
    .action((email: string, _options, command: Command) => runOffboard(ctx, email, command.optsWithGlobals()));
}

async function runOffboard(ctx: Context, email: string, options: OffboardOptions): Promise<void> {
  requireConfirmable(ctx, options.yes);
  const { api } = await connect(ctx, options);
  const [user, me] = await Promise.all([findUser(api, email), expectBody(api.me.$get(), userShape)]);
  if (user.id === me.id) {
    // Disabling your own account would end this session before it could revoke the tokens.
    throw localError('usage', 'You cannot offboard yourself. Ask another Organization Superuser.');
  }
  const who = sanitize(user.email);
  await confirmOrCancel(ctx, options.yes, `Disable ${who} and permanently revoke ${count(user.token_count, 'token')}?`);
  const param = { id: user.id };
  // Disabling comes first. Otherwise the member could create tokens while the others are being revoked.
  await expectSuccess(api.users[':id'].$patch({ param, json: { disabled: true } }));
  await expectSuccess(api.users[':id'].tokens.$delete({ param }));
  const offboarded = options.json ? await expectBody(api.users[':id'].$get({ param }), userShape) : user;
  await printOutcome(ctx, options, offboarded, `Disabled ${who} and revoked their tokens.`);
}
