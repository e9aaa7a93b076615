import type { Command } from 'commander';
import { findApp } from '../../api/find/find-app.ts';
import { expectBody } from '../../api/responses.ts';
import { appShape } from '../../api/shapes.ts';
import type { Context } from '../../context.ts';
import { localError } from '../../errors.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { type AppOptions, addAppOptions, appBody } from './app-options.ts';
import { warnAboutHosts } from './create.ts';

export function registerAppsEdit(apps: Command, ctx: Context): void {
  const command = apps
    .command('edit')
    .argument('<name>', 'Name of the app')
    .summary('Change an app')
    .description(
      'Change an app. Hosts and groups replace the present ones. A lower maximum expiry does not shorten existing tokens. It applies when a token is created, edited or rotated.',
    );
  addAppOptions(command)
    .option('--no-url', 'Remove the URL')
    .option('--no-hosts', 'Remove all hosts')
    .option('--no-groups', 'Let the tokens of all members use the app')
    .option('--no-max-expiry', 'Remove the maximum expiry')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokens apps edit grafana --group developers\n  $ tokens apps edit grafana --no-groups --max-expiry 30d',
    )
    .action((name: string, _options, command: Command) => runAppsEdit(ctx, name, command.optsWithGlobals()));
}

async function runAppsEdit(ctx: Context, name: string, options: AppOptions): Promise<void> {
  const json = appBody(options);
  if (Object.keys(json).length === 0) {
    throw localError('usage', 'There is nothing to change. Give --url, --host, --group or another option.');
  }
  const { api } = await connect(ctx, options);
  const { id } = await findApp(api, name);
  const app = await expectBody(api.apps[':id'].$patch({ param: { id }, json }), appShape);
  await printOutcome(ctx, options, app, `Changed ${sanitize(app.name)}.`);
  if (json.hosts && json.hosts.length > 0) await warnAboutHosts(ctx, options);
}
