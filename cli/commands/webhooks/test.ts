import type { Command } from 'commander';
import { findWebhook } from '../../api/find/find-webhook.ts';
import { expectBody } from '../../api/responses.ts';
import { deliveryShape } from '../../api/webhook-shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';
import { commandLine } from '../../ui/command-line.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';

export function registerWebhooksTest(webhooks: Command, ctx: Context): void {
  webhooks
    .command('test')
    .argument('<webhook>', 'ID or URL of the webhook')
    .summary('Send a test event')
    .description('Send the event webhook.test to a webhook.')
    .addHelpText('after', '\nExample:\n  $ tokens webhooks test https://hooks.example.com/tokens')
    .action((name: string, _options, command: Command) => runWebhooksTest(ctx, name, command.optsWithGlobals()));
}

async function runWebhooksTest(ctx: Context, name: string, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const { id, url } = await findWebhook(api, name);
  const delivery = await expectBody(api.webhooks[':id'].test.$post({ param: { id } }), deliveryShape);
  const lookUp = commandLine('webhooks deliveries', id);
  await printOutcome(
    ctx,
    options,
    delivery,
    `Sending webhook.test to ${sanitize(url)}. To see what became of it: ${lookUp}`,
  );
}
