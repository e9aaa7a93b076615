import type { UpdateUserBody } from '../../../shared/schemas/users.ts';
import { findUser } from '../../api/find-user.ts';
import { unwrap } from '../../api/unwrap.ts';
import { attemptAll } from '../../attempt-all.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';
import { note } from '../../ui/notes.ts';
import { plain } from '../../ui/plain.ts';

/** Makes one change to each member and says so as `<outcome>: <e-mail>`. Does all it can. */
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
    await unwrap(api.users[':id'].$patch({ param: { id: user.id }, json: change }));
    await note(ctx, options, `${outcome}: ${plain(user.email)}`);
  });
}
