import type { App } from '../../../shared/schemas/apps.ts';
import { formatDuration } from '../../../shared/times/duration.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { printFields } from '../fields.ts';
import { type Column, printTable } from '../table.ts';
import { timesFor } from '../times.ts';

/** Prints a table of apps. A member who is not a superuser receives only names and URLs, so the table has only these. */
export async function printApps(ctx: Context, options: GlobalOptions, apps: readonly App[]): Promise<void> {
  const columns: Column<App>[] = [
    { head: 'NAME', text: (app) => app.name },
    { head: 'URL', text: (app) => app.url ?? '', minWidth: 12, whenNarrow: [{ order: 3, width: 0 }] },
  ];
  const details: Column<App>[] = [
    { head: 'HOSTS', text: (app) => listOf(app.hosts), minWidth: 12, whenNarrow: [{ order: 2, width: 0 }] },
    { head: 'GROUPS', text: (app) => listOf(app.groups), minWidth: 10, whenNarrow: [{ order: 4, width: 0 }] },
    { head: 'MAX EXPIRY', text: maxExpiryOf, whenNarrow: [{ order: 5, width: 0 }] },
    { head: 'PREFLIGHT', text: (app) => app.preflight ?? '', whenNarrow: [{ order: 1, width: 0 }] },
  ];
  const isSuperuser = apps.some(({ preflight }) => preflight !== undefined);
  const emptyText = 'There are no apps.';
  await printTable(ctx, options, isSuperuser ? [...columns, ...details] : columns, [apps], emptyText);
}

export async function printApp(ctx: Context, app: App): Promise<void> {
  const { hosts, groups, preflight, created_at: createdAt } = app;
  await printFields(ctx.stdout, [
    ['Name', app.name],
    ['URL', app.url ?? ''],
    ...(hosts ? [['Hosts', listOf(hosts)] as const] : []),
    ...(groups ? [['Groups', groups.length === 0 ? 'everyone' : listOf(groups)] as const] : []),
    ...(app.max_expiry === undefined ? [] : [['Max expiry', maxExpiryOf(app) || 'none'] as const]),
    ...(preflight ? [['Preflight', preflight] as const] : []),
    ...(createdAt ? [['Created', timesFor(ctx.stdout, ctx).past(createdAt)] as const] : []),
    ['ID', app.id],
  ]);
}

function listOf(names: readonly string[] = []): string {
  return names.join(', ');
}

function maxExpiryOf({ max_expiry: seconds }: App): string {
  return seconds === null || seconds === undefined ? '' : formatDuration(seconds);
}
