import { timeAgo } from '../../shared/relative-time.ts';
import type { User } from '../../shared/schemas/users.ts';
import type { Pages } from '../api/pages.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { type Column, printTable } from './table.ts';

export async function printUsers(ctx: Context, options: GlobalOptions, users: Pages<User>): Promise<void> {
  const now = ctx.now();
  const columns: Column<User>[] = [
    { head: 'EMAIL', text: (user) => user.email },
    { head: 'NAME', text: (user) => user.name },
    { head: 'ROLE', text: (user) => (user.superuser ? 'superuser' : 'member') },
    { head: 'PERMISSION', text: (user) => (user.can_manage_tokens ? 'granted' : 'none') },
    { head: 'TOKENS', text: (user) => String(user.token_count) },
    { head: 'LAST USED', text: (user) => (user.last_used_at === null ? 'never' : timeAgo(user.last_used_at, now)) },
    {
      head: 'STATUS',
      text: (user) => (user.disabled ? 'disabled' : 'enabled'),
      color: (user, colors) => (user.disabled ? colors.red : colors.green),
    },
  ];
  await printTable(ctx, options, columns, users);
}
