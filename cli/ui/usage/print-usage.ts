import type { DeniedRequest, Token } from '../../../shared/schemas/tokens/tokens.ts';
import type { Usage } from '../../../shared/schemas/tokens/usage.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { printFields } from '../fields.ts';
import { note } from '../notes.ts';
import { type Column, printTable } from '../table.ts';
import { timesFor } from '../times.ts';
import { sparkline } from './sparkline.ts';

/** Rows of each list that are printed. `--json` has them all. */
const maxRows = 10;
const maxBars = 60;

/** Prints the totals, a bar for each day, the last denied requests, and the ten most frequent routes, networks and user agents. */
export async function printUsage(ctx: Context, options: GlobalOptions, token: Token, usage: Usage): Promise<void> {
  const { days } = usage;
  const sum = (outcome: 'allowed' | 'denied') => days.reduce((total, day) => total + day[outcome], 0);
  const total = (uses: number) => uses.toLocaleString('en');
  // A daemon of an earlier release sends neither of these, and no denied requests.
  const { would_deny: wouldDeny = {}, would_deny_routes: wouldDenyRoutes = [] } = usage;
  const wouldDenied = Object.values(wouldDeny).reduce((all, uses) => all + uses, 0);
  const room = ctx.stdout.isTTY ? Math.min(maxBars, ctx.stdout.columns - labelWidth) : maxBars;
  await printFields(ctx.stdout, [
    ['Token', token.name],
    ['Period', `${days[0]?.date ?? ''} to ${days.at(-1)?.date ?? ''} (UTC)`],
    ['Allowed', total(sum('allowed'))],
    ['Denied', total(sum('denied')) + byReason(usage.denied)],
    ...(wouldDenied === 0 ? [] : [['Would deny', total(wouldDenied) + byReason(wouldDeny)] as const]),
    [
      'Per day',
      sparkline(
        days.map(({ allowed, denied }) => allowed + denied),
        Math.max(1, room),
      ),
    ],
  ]);
  if (sum('allowed') + sum('denied') === 0) {
    const isUsed = token.last_used !== null || (usage.denied_requests ?? []).length > 0;
    const fact = isUsed ? 'No use in this period is counted yet.' : 'There was no use in this period.';
    await note(ctx, options, `${fact} Uses of the last minute may be missing.`);
  }
  await printDenied(ctx, options, usage.denied_requests ?? []);
  await printSeen(ctx, options, 'ROUTE', usage.routes, ({ method, path }) => `${method ?? '-'} ${path}`);
  await printSeen(ctx, options, 'NETWORK', usage.networks, ({ network }) => network);
  await printSeen(
    ctx,
    options,
    'WOULD BE DENIED',
    wouldDenyRoutes,
    ({ method, path, reason }) => `${method ?? '-'} ${path} (${reason})`,
  );
  await printSeen(ctx, options, 'USER AGENT', usage.agents, ({ agent }) => agent);
}

/** The longest label, its colon and two spaces. */
const labelWidth = 'Would deny:  '.length;

function byReason(counts: Readonly<Record<string, number>>): string {
  const reasons = Object.entries(counts).map(([reason, uses]) => `${uses.toLocaleString('en')} ${reason}`);
  return reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
}

async function printDenied(ctx: Context, options: GlobalOptions, all: readonly DeniedRequest[]): Promise<void> {
  if (all.length === 0) return;
  const times = timesFor(ctx.stdout, ctx);
  const columns: Column<DeniedRequest>[] = [
    { head: 'DENIED', text: ({ at }) => times.ago(at) },
    { head: 'REASON', text: ({ reason }) => reason },
    { head: 'REQUEST', text: ({ method, path }) => `${method ?? '-'} ${path ?? '-'}`, minWidth: 20 },
    { head: 'IP', text: ({ ip }) => ip ?? '-', whenNarrow: [{ order: 2, width: 0 }] },
    { head: 'APP', text: ({ app }) => app ?? '-', whenNarrow: [{ order: 1, width: 0 }] },
  ];
  await ctx.stdout.write('\n');
  await printTable(ctx, options, columns, [all.slice(0, maxRows)]);
}

type Seen = Pick<Usage['routes'][number], 'count' | 'first_at' | 'last_at'>;

async function printSeen<Row extends Seen>(
  ctx: Context,
  options: GlobalOptions,
  head: string,
  all: readonly Row[],
  text: (row: Row) => string,
): Promise<void> {
  if (all.length === 0) return;
  const times = timesFor(ctx.stdout, ctx);
  const columns: Column<Row>[] = [
    { head, text, minWidth: 20 },
    { head: 'USES', text: ({ count }) => String(count), brief: ({ count }) => count.toLocaleString('en') },
    {
      head: 'FIRST USED',
      text: ({ first_at: at }) => times.ago(at),
      whenNarrow: [{ order: 1, width: 0 }],
    },
    {
      head: 'LAST USED',
      text: ({ last_at: at }) => times.ago(at),
      whenNarrow: [{ order: 2, width: 0 }],
    },
  ];
  await ctx.stdout.write('\n');
  await printTable(ctx, options, columns, [all.slice(0, maxRows)]);
}
