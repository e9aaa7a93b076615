import type { ServiceAccount } from '../../../shared/schemas/accounts/service-accounts.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { printFields } from '../fields.ts';
import { type Column, printTable } from '../table.ts';
import { timesFor } from '../times.ts';

export async function printServiceAccounts(
  ctx: Context,
  options: GlobalOptions,
  accounts: readonly ServiceAccount[],
): Promise<void> {
  const times = timesFor(ctx.stdout, ctx);
  const columns: Column<ServiceAccount>[] = [
    { head: 'NAME', text: ({ name }) => name },
    { head: 'STATUS', text: ({ disabled }) => (disabled ? 'disabled' : 'enabled') },
    { head: 'TOKENS', text: ({ token_count: count }) => String(count), whenNarrow: [{ order: 1, width: 0 }] },
    {
      head: 'LAST USED',
      text: ({ last_used_at: at }) => (at === null ? 'never' : times.ago(at)),
      whenNarrow: [{ order: 2, width: 0 }],
    },
    {
      head: 'MAINTAINERS',
      // A program may split the addresses.
      text: ({ maintainers }) => maintainers.join(', ') || 'none',
      brief: maintainersOf,
      minWidth: 12,
      whenNarrow: [{ order: 5, width: 0 }],
    },
    { head: 'GROUPS', text: ({ groups }) => groups.join(', '), whenNarrow: [{ order: 3, width: 0 }] },
    {
      head: 'DESCRIPTION',
      text: ({ description }) => description ?? '',
      minWidth: 12,
      whenNarrow: [{ order: 4, width: 0 }],
    },
  ];
  await printTable(ctx, options, columns, [accounts], 'There are no service accounts.');
}

export async function printServiceAccount(ctx: Context, account: ServiceAccount): Promise<void> {
  const { created_at: createdAt, last_used_at: usedAt } = account;
  const times = timesFor(ctx.stdout, ctx);
  await printFields(ctx.stdout, [
    ['Name', account.name],
    ['Description', account.description ?? ''],
    ['Status', account.disabled ? 'disabled' : 'enabled'],
    ['Maintainers', maintainersOf(account)],
    ['Groups', account.groups.join(', ')],
    ['Tokens', String(account.token_count)],
    ['Last used', usedAt === null ? 'never' : times.past(usedAt)],
    ['Created', times.past(createdAt)],
    ['ID', account.id],
  ]);
}

/** Returns the addresses of the maintainers, and marks those who are disabled. An older server does not say who is. */
function maintainersOf({ maintainers, disabled_maintainers: disabled = [] }: ServiceAccount): string {
  const texts = maintainers.map((email) => (disabled.includes(email) ? `${email} (disabled)` : email));
  return texts.length === 0 ? 'none' : texts.join(', ');
}
