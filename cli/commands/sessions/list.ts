import type { Command } from 'commander';
import { findSessions } from '../../api/find/find-sessions.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export interface SessionsListOptions extends GlobalOptions {
  user?: string;
}

export function registerSessionsList(sessions: Command, ctx: Context): void {
  sessions
    .command('list')
    .alias('ls')
    .summary('List sessions')
    .description(
      'List your sessions, the last used one first. Each line shows the IP address from which the session began, the browser or program, and the last use.',
    )
    .option('--user <email>', 'The sessions of a member (superuser, auditor)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens sessions list\n  $ tokens sessions list --user ada@example.com --json',
    )
    .action((_options, command: Command) => runSessionsList(ctx, command.optsWithGlobals()));
}

async function runSessionsList(ctx: Context, options: SessionsListOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const { items } = await findSessions(api, options.user);
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, items);
  }
  const { printSessions } = await import('../../ui/accounts/sessions.ts');
  await printSessions(ctx, options, items);
}
