import type { Trust } from '../../../shared/schemas/trusts.ts';
import { formatDuration } from '../../../shared/times/duration.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { printFields } from '../fields.ts';
import { type Column, printTable } from '../table.ts';
import { timesFor } from '../times.ts';

/** Prints a table of trusts. */
export async function printTrusts(ctx: Context, options: GlobalOptions, trusts: readonly Trust[]): Promise<void> {
  const columns: Column<Trust>[] = [
    { head: 'NAME', text: (trust) => trust.name },
    { head: 'SERVICE ACCOUNT', text: (trust) => trust.service_account },
    { head: 'ISSUER', text: (trust) => trust.issuer, minWidth: 12, whenNarrow: [{ order: 2, width: 0 }] },
    { head: 'CLAIMS', text: (trust) => claimsOf(trust).join(', '), minWidth: 12, whenNarrow: [{ order: 3, width: 0 }] },
    { head: 'TTL', text: (trust) => formatDuration(trust.ttl), whenNarrow: [{ order: 1, width: 0 }] },
  ];
  await printTable(ctx, options, columns, [trusts], 'There are no trusts.');
}

export async function printTrust(ctx: Context, trust: Trust): Promise<void> {
  await printFields(ctx.stdout, [
    ['Name', trust.name],
    ['Service account', trust.service_account],
    ['Issuer', trust.issuer],
    ['Audience', trust.audience ?? 'the public URL of the server'],
    ...claimsOf(trust).map((claim) => ['Claim', claim] as const),
    ...(trust.apps === null ? [] : [['Apps', trust.apps.join(', ') || '(none)'] as const]),
    ...(trust.read_only ? [['Read-only', 'yes'] as const] : []),
    ...(trust.allow ?? []).map((line) => ['Allow', line] as const),
    ['TTL', formatDuration(trust.ttl)],
    ['Created', timesFor(ctx.stdout, ctx).past(trust.created_at)],
    ['ID', trust.id],
  ]);
}

function claimsOf({ claims }: Trust): string[] {
  return Object.entries(claims).map(([name, value]) => `${name}=${value}`);
}
