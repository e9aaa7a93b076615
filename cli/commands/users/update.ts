import type { UpdateUserBody } from '../../../shared/schemas/users.ts';
import { findUser } from '../../api/find/find-user.ts';
import { expectSuccess } from '../../api/responses.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';
import { note } from '../../ui/notes.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { attemptAll } from '../attempt-all.ts';

/** Applies one change to each member and prints `OUTCOME: EMAIL`. Continues after a failure, like `attemptAll`. */
export async function updateUsers(
  ctx: Context,
  emails: readonly string[],
  change: UpdateUserBody,
  outcome: string,
  options: GlobalOptions,
): Promise<void> {
  const { api } = await connect(ctx, options);
  await attemptAll(emails, async (email) => {
    const user = await findUser(api, email);
    await expectSuccess(api.users[':id'].$patch({ param: { id: user.id }, json: change }));
    await note(ctx, options, `${outcome}: ${sanitize(user.email)}`);
  });
}
