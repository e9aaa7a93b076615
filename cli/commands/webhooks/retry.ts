import type { Command } from 'commander';
import { findWebhook } from '../../api/find/find-webhook.ts';
import { expectBody } from '../../api/responses.ts';
import { deliveryShape } from '../../api/webhook-shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';

export function registerWebhooksRetry(webhooks: Command, ctx: Context): void {
  webhooks
    .command('retry')
    .argument('<webhook>', 'ID or URL of the webhook')
    .argument('<delivery>', 'ID of the delivery')
    .summary('Send an event again')
    .description('Send an event to a webhook again, with the same webhook-id. Attempts go on for three days.')
    .addHelpText(
      'after',
      '\nExample:\n  $ tokens webhooks retry https://hooks.example.com/tokens 019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b',
    )
    .action((name: string, delivery: string, _options, command: Command) =>
      runRetry(ctx, { name, delivery }, command.optsWithGlobals()),
    );
}

async function runRetry(
  ctx: Context,
  { name, delivery: deliveryId }: { name: string; delivery: string },
  options: GlobalOptions,
): Promise<void> {
  const { api } = await connect(ctx, options);
  const { id } = await findWebhook(api, name);
  const param = { id, delivery: deliveryId };
  const request = api.webhooks[':id'].deliveries[':delivery'].retry.$post({ param });
  const delivery = await expectBody(request, deliveryShape);
  await printOutcome(ctx, options, delivery, `${sanitize(delivery.event)} is sent again.`);
}
