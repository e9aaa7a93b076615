import type { AuditEvent } from '../../shared/schemas/audit.ts';
import type { Pages } from '../api/pages.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { sanitize } from './sanitize.ts';
import { type Column, printTable } from './table.ts';
import { minTimeWidth, type Times, timesFor } from './times.ts';

export async function printEvents(ctx: Context, options: GlobalOptions, events: Pages<AuditEvent>): Promise<void> {
  const times = timesFor(ctx.stdout, ctx);
  const columns: Column<AuditEvent>[] = [
    {
      head: 'TIME',
      text: (event) => times.ago(event.at),
      fit: (event, width) => times.fitAgo(event.at, width),
      minWidth: minTimeWidth,
      whenNarrow: [{ order: 6, width: 0 }],
    },
    {
      head: 'ACTOR',
      text: actorText,
      // The column is cut before it is left out, so that one long name does not remove it from every line.
      whenNarrow: [
        { order: 5, width: 16 },
        { order: 7, width: 0 },
      ],
    },
    { head: 'ACTION', text: (event) => event.action },
    {
      head: 'TARGET',
      text: targetText,
      brief: briefTarget,
      minWidth: 40,
      whenNarrow: [
        { order: 2, width: 28 },
        { order: 4, width: 16 },
        { order: 7, width: 10 },
        { order: 8, width: 0 },
      ],
    },
    { head: 'IP', text: (event) => event.ip ?? '', whenNarrow: [{ order: 3, width: 0 }] },
    {
      head: 'USER AGENT',
      text: (event) => event.user_agent ?? '',
      minWidth: 10,
      whenNarrow: [{ order: 1, width: 0 }],
    },
  ];
  await printTable(ctx, options, columns, events);
}

/** Returns an event as one line. */
export function eventLine(event: AuditEvent, times: Times): string {
  const { at, action, ip } = event;
  return [times.toTheSecond(at), actorText(event), action, targetText(event), ip ?? '']
    .map(sanitize)
    .join('  ')
    .trimEnd();
}

/** Returns the actor, such as `service-account:platform (terraform)`, with the name of the management key. */
function actorText({ actor }: AuditEvent): string {
  const label = actor.email ?? actor.id ?? actor.kind;
  return actor.token === undefined ? label : `${label} (${actor.token})`;
}

/**
 * Returns the target, such as `token ci-pipeline of ada@example.com`. For a transfer, ` → service-account:ci` follows. An older server does not
 * name the owner.
 */
function targetText(event: AuditEvent): string {
  return `${event.target.kind} ${targetName(event)}`.trimEnd();
}

/** Returns the target without its kind, if the action or the name says it: `solo` for `service_account.changed`. */
function briefTarget(event: AuditEvent): string {
  const { action, target } = event;
  const name = targetName(event);
  const [what = ''] = action.split('.');
  if (name === '' || (what.replaceAll('_', '-') !== target.kind && !name.startsWith(`${target.kind}:`)))
    return targetText(event);
  return name.startsWith(`${target.kind}:`) ? name.slice(target.kind.length + 1) : name;
}

function targetName({ action, target, changes }: AuditEvent): string {
  const owner = target.owner ? ` of ${target.owner}` : '';
  const receiver = action === 'token.transferred' && changes?.find(({ field }) => field === 'owner')?.to;
  return (target.name ?? target.id ?? '') + owner + (receiver ? ` → ${receiver}` : '');
}
