import type { Command } from 'commander';
import { findWebhook } from '../../api/find/find-webhook.ts';
import { expectBody } from '../../api/responses.ts';
import { pageShape } from '../../api/shapes.ts';
import { deliveryShape } from '../../api/webhook-shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export interface DeliveriesOptions extends GlobalOptions {
  failed?: boolean;
}

export function registerWebhooksDeliveries(webhooks: Command, ctx: Context): void {
  webhooks
    .command('deliveries')
    .argument('<webhook>', 'ID or URL of the webhook')
    .summary('List events sent to a webhook')
    .description(
      'List the newest 200 events that were sent to a webhook, or wait to be sent. They are kept for 30 days.',
    )
    .option('--failed', 'List only events that could not be delivered and are not tried again')
    .addHelpText('after', '\nExample:\n  $ tokens webhooks deliveries https://hooks.example.com/tokens --failed')
    .action((name: string, _options, command: Command) => runDeliveries(ctx, name, command.optsWithGlobals()));
}

async function runDeliveries(ctx: Context, name: string, options: DeliveriesOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const { id } = await findWebhook(api, name);
  const query = { limit: '200', ...(options.failed && { status: 'failed' as const }) };
  const request = api.webhooks[':id'].deliveries.$get({ param: { id }, query });
  const { items } = await expectBody(request, pageShape(deliveryShape));
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, items);
  }
  const { printDeliveries } = await import('../../ui/organization/webhooks.ts');
  await printDeliveries(ctx, options, items);
}
