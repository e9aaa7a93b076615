import type { UpdateUserBody } from '../../../shared/schemas/accounts/users.ts';
import { findUser } from '../../api/find/find-user.ts';
import { expectBody } from '../../api/responses.ts';
import { userShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { attemptAll } from '../attempt-all.ts';
import { warnOfOrphans } from './leaving/warn-of-orphans.ts';

/**
 * Applies one change to each member and prints the sentence that `outcome` returns, or with `--json` the changed member. Continues after a
 * failure, like `attemptAll`.
 */
export async function updateUsers(
  ctx: Context,
  emails: readonly string[],
  change: UpdateUserBody,
  outcome: (email: string) => string,
  options: GlobalOptions,
): Promise<void> {
  const { api } = await connect(ctx, options);
  await attemptAll(emails, async (email) => {
    const { id } = await findUser(api, email);
    const user = await expectBody(api.users[':id'].$patch({ param: { id }, json: change }), userShape);
    await printOutcome(ctx, options, user, outcome(sanitize(user.email)));
    if (change.disabled) await warnOfOrphans(ctx, options, api, user.email);
  });
}
