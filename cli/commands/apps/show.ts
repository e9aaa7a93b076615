import type { Command } from 'commander';
import { findApp } from '../../api/find/find-app.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export function registerAppsShow(apps: Command, ctx: Context): void {
  apps
    .command('show')
    .argument('<name>', 'Name of the app')
    .summary('Show an app')
    .description('Show an app. Members who are neither superusers nor auditors see only its name and URL.')
    .addHelpText('after', '\nExample:\n  $ tokens apps show grafana')
    .action((name: string, _options, command: Command) => runAppsShow(ctx, name, command.optsWithGlobals()));
}

async function runAppsShow(ctx: Context, name: string, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const app = await findApp(api, name);
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, app);
  }
  const { printApp } = await import('../../ui/organization/apps.ts');
  await printApp(ctx, app);
}
