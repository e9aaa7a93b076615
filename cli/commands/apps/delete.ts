import type { Command } from 'commander';
import { findApp } from '../../api/find/find-app.ts';
import { expectSuccess } from '../../api/responses.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { hasCode, withForce } from '../../errors.ts';
import { confirmOrCancel, isInteractive } from '../../input/ask.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';

export interface AppsDeleteOptions extends GlobalOptions {
  force?: boolean;
  yes?: boolean;
}

export function registerAppsDelete(apps: Command, ctx: Context): void {
  apps
    .command('delete')
    .argument('<name>', 'Name of the app')
    .summary('Delete an app')
    .description(
      'Delete an app. Requests that the proxy verifies for its name are denied from then on. Asks for confirmation on a terminal.',
    )
    .option(
      '--force',
      'Delete it even if tokens are restricted to it. Those that have no other app are denied everywhere, even if an app of this name is registered again',
    )
    .option('--yes', 'Do not ask for confirmation')
    .addHelpText('after', '\nExample:\n  $ tokens apps delete grafana')
    .action((name: string, _options, command: Command) => runAppsDelete(ctx, name, command.optsWithGlobals()));
}

async function runAppsDelete(ctx: Context, name: string, options: AppsDeleteOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const app = await findApp(api, name);
  const shown = sanitize(app.name);
  const skipQuestion = options.yes || !isInteractive(ctx);
  const consequence = options.force
    ? 'Requests for it are denied from then on, and tokens whose only app it was are denied everywhere.'
    : 'Requests for it are denied from then on.';
  await confirmOrCancel(ctx, skipQuestion, `Delete ${shown}? ${consequence}`);
  const query = options.force ? { force: 'true' as const } : {};
  await expectSuccess(api.apps[':id'].$delete({ param: { id: app.id }, query })).catch((error: unknown) => {
    throw hasCode(error, 'app-in-use') ? withForce(error) : error;
  });
  await printOutcome(ctx, options, app, `Deleted ${shown}.`);
}
