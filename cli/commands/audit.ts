import type { Command } from 'commander';
import type { AuditAction } from '../../shared/audit-actions.ts';
import type { AuditEvent } from '../../shared/schemas/audit.ts';
import { pagesOf } from '../api/pages.ts';
import { expectBody } from '../api/responses.ts';
import { auditEventShape, pageShape } from '../api/shapes.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { localError } from '../errors.ts';
import { parseLimit } from '../input/parse-limit.ts';
import { parsePeriod } from '../input/parse-time.ts';
import { connect } from '../session/connect.ts';
import { warn, writeStderr } from '../ui/notes.ts';
import { sanitize } from '../ui/sanitize.ts';

export interface AuditOptions extends GlobalOptions {
  since?: string;
  until?: string;
  user?: string;
  target?: string;
  ip?: string;
  limit?: number;
  action?: string;
  follow?: boolean;
}

export function defineAudit(command: Command, ctx: Context): void {
  command
    .description(
      'Show the audit log, newest first. Members see their own events. Organization Superusers and auditors see all events. With --follow, print the events that are saved from now on, until Ctrl-C. The command waits while the server does not respond, and then continues where it stopped.',
    )
    .option('--since <time>', 'Start of the period: 7d (seven days ago), a date in UTC, or a time')
    .option('--until <time>', 'End of the period: 7d (seven days ago), a date in UTC (that day included), or a time')
    .option(
      '--user <email>',
      'Member or service-account:NAME who caused the event, or whose account or tokens it concerns',
    )
    .option('--target <target>', 'Name or ID of the changed object, or the prefix of a token')
    .option('--ip <address>', 'Address or network of the client, such as 203.0.113.0/24')
    .option('--action <action>', 'Action, such as token.created')
    .option('--limit <n>', 'Maximum number of events', parseLimit)
    .option('--follow', 'Print new events as they are saved: one line each, or with --json one object a line')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens audit --since 7d --action token.revoked\n  $ tokens audit --target ci-pipeline --until 2027-01-31 --limit 20\n  $ tokens audit --follow --json | my-collector',
    )
    .action((_options, command: Command) => runAudit(ctx, command.optsWithGlobals()));
}

async function runAudit(ctx: Context, options: AuditOptions): Promise<void> {
  if (options.follow) return runFollow(ctx, options);
  const filter = {
    ...parsePeriod(options, ctx.now()),
    ...(options.user !== undefined && { user: options.user }),
    ...(options.target !== undefined && { target: options.target }),
    ...(options.ip !== undefined && { ip: options.ip }),
    // The server rejects actions that it does not know. A newer server may know more than this version.
    ...(options.action !== undefined && { action: options.action as AuditAction }),
  };
  const { api } = await connect(ctx, options);
  const shape = pageShape(auditEventShape);
  const pages = pagesOf((page) => expectBody(api.audit.$get({ query: { ...filter, ...page } }), shape), options.limit);
  const { withProgress } = await import('../ui/progress.ts');
  const events = withProgress(ctx, options, 'event', pages);
  if (options.json) {
    const { printJsonArray } = await import('../ui/json.ts');
    return printJsonArray(ctx.stdout, events);
  }
  const { printEvents } = await import('../ui/events.ts');
  await printEvents(ctx, options, events);
}

/** Prints new events until Ctrl-C, or until the reader of the output is gone. */
async function runFollow(ctx: Context, options: AuditOptions): Promise<void> {
  const { since, until, user, target, ip, action, limit } = options;
  if ([since, until, user, target, ip, action, limit].some((filter) => filter !== undefined)) {
    throw localError('usage', '--follow prints every new event. Leave out all filters and --limit.');
  }
  const { api, server } = await connect(ctx, options);
  const [{ followEvents }, { eventLine }, { toJson }, { timesFor }] = await Promise.all([
    import('../api/follow-events.ts'),
    import('../ui/events.ts'),
    import('../ui/json.ts'),
    import('../ui/times.ts'),
  ]);
  const shape = pageShape(auditEventShape);
  const pages = followEvents(ctx, {
    read: (query) => expectBody(api.audit.$get({ query }), shape),
    onFailure: ({ problem }) =>
      options.json
        ? writeStderr(ctx, toJson(problem))
        : writeStderr(ctx, `${sanitize(problem.detail)} Waiting for the server …`),
    onRecovery: () => warn(ctx, options, `${server.url} responds again.`),
  });
  const times = timesFor(ctx.stdout, ctx);
  const lineOf = (event: AuditEvent) => (options.json ? toJson(event) : eventLine(event, times));
  try {
    for await (const events of pages) await ctx.stdout.write(events.map((event) => `${lineOf(event)}\n`).join(''));
  } catch (error) {
    // Ctrl-C is how this command ends.
    if (!ctx.signal.aborted) throw error;
  }
}
