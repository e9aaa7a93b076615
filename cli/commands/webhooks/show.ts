import type { Command } from 'commander';
import { findWebhook } from '../../api/find/find-webhook.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export function registerWebhooksShow(webhooks: Command, ctx: Context): void {
  webhooks
    .command('show')
    .argument('<webhook>', 'ID or URL of the webhook')
    .summary('Show a webhook')
    .description(
      'Show a webhook. Its secret cannot be shown again. Auditors see only the server of its URL, and name it by its ID.',
    )
    .addHelpText('after', '\nExample:\n  $ tokens webhooks show https://hooks.example.com/tokens')
    .action((name: string, _options, command: Command) => runWebhooksShow(ctx, name, command.optsWithGlobals()));
}

async function runWebhooksShow(ctx: Context, name: string, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const webhook = await findWebhook(api, name);
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, webhook);
  }
  const { printWebhook } = await import('../../ui/organization/webhooks.ts');
  await printWebhook(ctx, webhook);
}
