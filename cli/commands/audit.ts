import type { Command } from 'commander';
import type { AuditAction } from '../../shared/schemas/audit.ts';
import { pagesOf } from '../api/pages.ts';
import { expectBody } from '../api/responses.ts';
import { auditEventShape, pageShape } from '../api/shapes.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { parseSince } from '../input/parse-time.ts';
import { connect } from '../session/connect.ts';

export interface AuditOptions extends GlobalOptions {
  since?: string;
  user?: string;
  action?: string;
}

export function registerAudit(program: Command, ctx: Context): void {
  program
    .command('audit')
    .summary('Show the audit log')
    .description('Show the audit log, newest first. Members see their own events, Organization Superusers see all.')
    .option('--since <time>', 'Start of the period: 7d, a date, or a time')
    .option(
      '--user <email>',
      'Member or service-account:NAME who caused the event, or whose account or tokens it concerns',
    )
    .option('--action <action>', 'Action, such as token.created')
    .addHelpText('after', '\nExample:\n  $ tokens audit --since 7d --action token.revoked')
    .action((_options, command: Command) => runAudit(ctx, command.optsWithGlobals()));
}

async function runAudit(ctx: Context, options: AuditOptions): Promise<void> {
  const filter = {
    ...(options.since !== undefined && { since: parseSince(options.since, ctx.now()) }),
    ...(options.user !== undefined && { user: options.user }),
    // The server rejects actions that it does not know. A newer server may know more than this version.
    ...(options.action !== undefined && { action: options.action as AuditAction }),
  };
  const { api } = await connect(ctx, options);
  const shape = pageShape(auditEventShape);
  const pages = pagesOf((page) => expectBody(api.audit.$get({ query: { ...filter, ...page } }), shape));
  const { withProgress } = await import('../ui/progress.ts');
  const events = withProgress(ctx, options, 'event', pages);
  if (options.json) {
    const { printJsonArray } = await import('../ui/json.ts');
    return printJsonArray(ctx.stdout, events);
  }
  const { printEvents } = await import('../ui/events.ts');
  await printEvents(ctx, options, events);
}
