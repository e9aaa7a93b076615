import type { Command } from 'commander';
import { expectBody } from '../../api/responses.ts';
import { createdWebhookShape } from '../../api/webhook-shapes.ts';
import type { Context } from '../../context.ts';
import { localError } from '../../errors.ts';
import { connect } from '../../session/connect.ts';
import { addWebhookOptions, type WebhookOptions, webhookBody } from './webhook-options.ts';

export function registerWebhooksCreate(webhooks: Command, ctx: Context): void {
  const command = webhooks
    .command('create')
    .argument('<url>', 'Where events are sent: https://, or http:// to localhost')
    .summary('Create a webhook and print its secret once')
    .description(
      'Create a webhook, which receives audit events as they happen. The receiver checks their signature with the secret, which cannot be shown again.',
    );
  addWebhookOptions(command)
    .addHelpText(
      'after',
      "\nExamples:\n  $ tokens webhooks create https://hooks.example.com/tokens --event 'token.*' --event session.failed\n  $ tokens webhooks create https://hooks.slack.com/services/… --event token.revoked --format slack",
    )
    .action((url: string, _options, command: Command) => runWebhooksCreate(ctx, url, command.optsWithGlobals()));
}

async function runWebhooksCreate(ctx: Context, url: string, options: WebhookOptions): Promise<void> {
  const { events, ...body } = webhookBody(options);
  if (events === undefined) {
    throw localError('usage', "Name the events to send, such as --event 'token.*'. Use --event '*' for all.");
  }
  const { api } = await connect(ctx, options);
  const created = await expectBody(api.webhooks.$post({ json: { url, events, ...body } }), createdWebhookShape);
  const { printWebhookSecret } = await import('../../ui/organization/webhooks.ts');
  await printWebhookSecret(ctx, options, created);
}
