import { fitTimeAgo, timeAgo } from '../../shared/relative-time.ts';
import type { AuditEvent } from '../../shared/schemas/audit.ts';
import type { Pages } from '../api/pages.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { type Column, printTable } from './table.ts';

export async function printEvents(ctx: Context, options: GlobalOptions, events: Pages<AuditEvent>): Promise<void> {
  const now = ctx.now();
  const columns: Column<AuditEvent>[] = [
    {
      head: 'TIME',
      text: (event) => event.at,
      brief: (event) => timeAgo(event.at, now),
      fit: (event, width) => fitTimeAgo(event.at, now, width),
      minWidth: 8,
    },
    { head: 'ACTOR', text: ({ actor }) => actor.email ?? actor.id ?? actor.kind, minWidth: 14 },
    { head: 'ACTION', text: (event) => event.action },
    {
      head: 'TARGET',
      text: ({ target }) => `${target.kind} ${target.name ?? target.id ?? ''}`.trimEnd(),
      minWidth: 16,
    },
    { head: 'IP', text: (event) => event.ip ?? '' },
    { head: 'USER AGENT', text: (event) => event.user_agent ?? '', minWidth: 6 },
  ];
  await printTable(ctx, options, columns, events);
}
