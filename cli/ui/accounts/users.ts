import type { MemberStatus, User } from '../../../shared/schemas/accounts/users.ts';
import type { Pages } from '../../api/pages.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { type Column, printTable } from '../table.ts';
import { timesFor } from '../times.ts';

export async function printUsers(ctx: Context, options: GlobalOptions, users: Pages<User>): Promise<void> {
  const times = timesFor(ctx.stdout, ctx);
  const columns: Column<User>[] = [
    { head: 'EMAIL', text: (user) => user.email },
    { head: 'NAME', text: (user) => user.name, minWidth: 10, whenNarrow: [{ order: 3, width: 0 }] },
    {
      head: 'ROLE',
      text: (user) => (user.superuser ? 'superuser' : user.auditor ? 'auditor' : 'member'),
      whenNarrow: [{ order: 5, width: 0 }],
    },
    {
      head: 'PERMISSION',
      text: (user) => (user.can_manage_tokens ? 'granted' : 'none'),
      whenNarrow: [{ order: 4, width: 0 }],
    },
    { head: 'TOKENS', text: (user) => String(user.token_count), whenNarrow: [{ order: 2, width: 0 }] },
    {
      head: 'LAST USED',
      text: (user) => (user.last_used_at === null ? 'never' : times.ago(user.last_used_at)),
      whenNarrow: [{ order: 1, width: 0 }],
    },
    {
      head: 'STATUS',
      text: statusOf,
      color: (user, colors) => ({ invited: colors.yellow, active: colors.green, disabled: colors.red })[statusOf(user)],
      whenNarrow: [{ order: 6, width: 0 }],
    },
  ];
  await printTable(ctx, options, columns, users);
}

/** Returns the member's status. An older daemon sends only whether the account is disabled. */
function statusOf({ status, disabled }: Omit<User, 'status'> & Partial<Pick<User, 'status'>>): MemberStatus {
  return status ?? (disabled ? 'disabled' : 'active');
}
