import type { Command } from 'commander';
import type { AuditAction } from '../../shared/schemas/audit.ts';
import { pagesOf } from '../api/pages.ts';
import { unwrap } from '../api/unwrap.ts';
import type { Context, GlobalOptions } from '../context.ts';
import { parseSince } from '../input/parse-time.ts';
import { connect } from '../session/connect.ts';

export interface AuditOptions extends GlobalOptions {
  since?: string;
  user?: string;
  action?: string;
}

export function registerAudit(program: Command, ctx: Context, run = runAudit): void {
  program
    .command('audit')
    .summary('Show who did what')
    .description('Show who did what, newest first. Members see their own events, Organization Superusers all.')
    .option('--since <time>', 'Not before this: 7d, a date, or a time')
    .option('--user <email>', 'Only events this member did, or that concern them or their tokens')
    .option('--action <action>', 'Only this action, such as token.created')
    .addHelpText('after', '\nExample:\n  $ tokens audit --since 7d --action token.revoked')
    .action((_options, command: Command) => run(ctx, command.optsWithGlobals()));
}

async function runAudit(ctx: Context, options: AuditOptions): Promise<void> {
  const filter = {
    ...(options.since !== undefined && { since: parseSince(options.since, ctx.now()) }),
    ...(options.user !== undefined && { user: options.user }),
    // The server knows the list of actions and refuses others.
    ...(options.action !== undefined && { action: options.action as AuditAction }),
  };
  const { api } = await connect(ctx, options);
  const pages = pagesOf((page) => unwrap(api.audit.$get({ query: { ...filter, ...page } })));
  const { withProgress } = await import('../ui/progress.ts');
  const events = withProgress(ctx, options, 'events', pages);
  if (options.json) {
    const { printJsonArray } = await import('../ui/json.ts');
    return printJsonArray(ctx.stdout, events);
  }
  const { printEvents } = await import('../ui/events.ts');
  await printEvents(ctx, options, events);
}
