import type { Command } from 'commander';
import { findWebhook } from '../../api/find/find-webhook.ts';
import { expectSuccess } from '../../api/responses.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { confirmOrCancel, isInteractive } from '../../input/ask.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';

export interface WebhooksDeleteOptions extends GlobalOptions {
  yes?: boolean;
}

export function registerWebhooksDelete(webhooks: Command, ctx: Context): void {
  webhooks
    .command('delete')
    .argument('<webhook>', 'ID or URL of the webhook')
    .summary('Delete a webhook')
    .description(
      'Delete a webhook. Events that were not delivered yet are never sent. Asks for confirmation on a terminal.',
    )
    .option('--yes', 'Do not ask for confirmation')
    .addHelpText('after', '\nExample:\n  $ tokens webhooks delete https://hooks.example.com/tokens')
    .action((name: string, _options, command: Command) => runWebhooksDelete(ctx, name, command.optsWithGlobals()));
}

async function runWebhooksDelete(ctx: Context, name: string, options: WebhooksDeleteOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const webhook = await findWebhook(api, name);
  const shown = sanitize(webhook.url);
  const skipQuestion = options.yes || !isInteractive(ctx);
  await confirmOrCancel(ctx, skipQuestion, `Delete the webhook to ${shown}? It gets no more events.`);
  await expectSuccess(api.webhooks[':id'].$delete({ param: { id: webhook.id } }));
  await printOutcome(ctx, options, webhook, `Deleted the webhook to ${shown}.`);
}
