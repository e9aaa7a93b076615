import type { Command } from 'commander';
import { findWebhook } from '../../api/find/find-webhook.ts';
import { expectBody } from '../../api/responses.ts';
import { webhookShape } from '../../api/webhook-shapes.ts';
import type { Context } from '../../context.ts';
import { localError } from '../../errors.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';
import { addWebhookOptions, type WebhookOptions, webhookBody } from './webhook-options.ts';

export interface WebhooksEditOptions extends WebhookOptions {
  url?: string;
  disable?: boolean;
  enable?: boolean;
}

export function registerWebhooksEdit(webhooks: Command, ctx: Context): void {
  const command = webhooks
    .command('edit')
    .argument('<webhook>', 'ID or URL of the webhook')
    .summary('Change a webhook')
    .description(
      'Change a webhook. Events replace the present ones. Events that happen while a webhook is disabled are never sent to it.',
    );
  addWebhookOptions(command)
    .option('--no-description', 'Remove the description')
    .option('--url <url>', 'Where events are sent from now on')
    .option('--disable', 'Send nothing to it')
    .option('--enable', 'Send events to it again')
    .addHelpText(
      'after',
      "\nExamples:\n  $ tokens webhooks edit https://hooks.example.com/tokens --event 'token.*' --event 'user.*'\n  $ tokens webhooks edit https://hooks.example.com/tokens --enable",
    )
    .action((name: string, _options, command: Command) => runWebhooksEdit(ctx, name, command.optsWithGlobals()));
}

async function runWebhooksEdit(ctx: Context, name: string, options: WebhooksEditOptions): Promise<void> {
  const { url, disable, enable } = options;
  if (disable && enable) throw localError('usage', '--disable and --enable exclude each other. Use one of them.');
  const json = {
    ...webhookBody(options),
    ...(url !== undefined && { url }),
    ...((disable || enable) && { disabled: disable === true }),
  };
  if (Object.keys(json).length === 0) {
    throw localError('usage', 'There is nothing to change. Give --event, --url, --disable or another option.');
  }
  const { api } = await connect(ctx, options);
  const { id } = await findWebhook(api, name);
  const webhook = await expectBody(api.webhooks[':id'].$patch({ param: { id }, json }), webhookShape);
  await printOutcome(ctx, options, webhook, `Changed ${sanitize(webhook.url)}.`);
}
