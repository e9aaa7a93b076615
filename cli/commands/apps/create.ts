import type { Command } from 'commander';
import { expectBody } from '../../api/responses.ts';
import { appShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';
import { note } from '../../ui/notes.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { type AppOptions, addAppOptions, appBody } from './app-options.ts';

export function registerAppsCreate(apps: Command, ctx: Context): void {
  const command = apps
    .command('create')
    .argument('<name>', 'Name of the new app: lowercase letters, digits and hyphens')
    .summary('Register an app')
    .description(
      "Register an app: an application that your proxy protects. The proxy's configuration names the app in the address at which it verifies tokens, which begins with /verify/apps/NAME/.",
    );
  addAppOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens apps create grafana --url https://grafana.example.com --max-expiry 90d\n  $ tokens apps create builds --group developers --group release-managers',
    )
    .action((name: string, _options, command: Command) => runAppsCreate(ctx, name, command.optsWithGlobals()));
}

async function runAppsCreate(ctx: Context, name: string, options: AppOptions): Promise<void> {
  const json = { name, ...appBody(options) };
  const { api } = await connect(ctx, options);
  const app = await expectBody(api.apps.$post({ json }), appShape);
  const shown = sanitize(app.name);
  await printOutcome(
    ctx,
    options,
    app,
    `Registered ${shown}. Name it in the configuration of your proxy: /verify/apps/${shown}/…`,
  );
  if (app.hosts?.length) await warnAboutHosts(ctx, options);
}

/** Warns that the proxy must route by the host. Otherwise, the client chooses the app. */
export async function warnAboutHosts(ctx: Context, options: GlobalOptions): Promise<void> {
  await note(
    ctx,
    options,
    'A host is worth only as much as your proxy: it must route by that very host. Run `tokens doctor proxy` to check that clients cannot choose the app.',
  );
}
