import type { Command } from 'commander';
import { listApps } from '../../api/find/find-app.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export function registerAppsList(apps: Command, ctx: Context): void {
  apps
    .command('list')
    .alias('ls')
    .summary('List apps')
    .description(
      'List the apps behind the proxy. Members who are neither superusers nor auditors see only names and URLs.',
    )
    .addHelpText('after', '\nExample:\n  $ tokens apps list --json')
    .action((_options, command: Command) => runAppsList(ctx, command.optsWithGlobals()));
}

async function runAppsList(ctx: Context, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const apps = await listApps(api);
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, apps);
  }
  const { printApps } = await import('../../ui/organization/apps.ts');
  await printApps(ctx, options, apps);
}
