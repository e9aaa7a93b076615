import type { ListedSession } from '../../../shared/schemas/sign-in/sessions.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { type Column, printTable } from '../table.ts';
import { timesFor } from '../times.ts';

/** Prints a table of sessions. */
export async function printSessions(
  ctx: Context,
  options: GlobalOptions,
  sessions: readonly ListedSession[],
): Promise<void> {
  const times = timesFor(ctx.stdout, ctx);
  const columns: Column<ListedSession>[] = [
    { head: 'ID', text: (session) => session.id },
    { head: 'AGENT', text: (session) => session.agent ?? 'unknown', minWidth: 10 },
    { head: 'IP', text: (session) => session.ip ?? 'unknown', whenNarrow: [{ order: 3, width: 0 }] },
    {
      head: 'SIGNED IN',
      text: (session) => times.ago(session.created_at),
      whenNarrow: [{ order: 1, width: 0 }],
    },
    {
      head: 'LAST USED',
      text: (session) => times.ago(session.last_used_at),
      whenNarrow: [{ order: 2, width: 0 }],
    },
    {
      head: 'CURRENT',
      text: (session) => (session.current ? 'yes' : 'no'),
      color: (session, colors) => (session.current ? colors.green : (text) => text),
      whenNarrow: [{ order: 4, width: 0 }],
    },
  ];
  await printTable(ctx, options, columns, [sessions], 'There are no sessions.');
}
