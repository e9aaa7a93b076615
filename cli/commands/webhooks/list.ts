import type { Command } from 'commander';
import { listWebhooks } from '../../api/find/find-webhook.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export function registerWebhooksList(webhooks: Command, ctx: Context): void {
  webhooks
    .command('list')
    .alias('ls')
    .summary('List webhooks')
    .description('List the webhooks that receive audit events. Auditors see only the server of each URL.')
    .addHelpText('after', '\nExample:\n  $ tokens webhooks list --json')
    .action((_options, command: Command) => runWebhooksList(ctx, command.optsWithGlobals()));
}

async function runWebhooksList(ctx: Context, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const webhooks = await listWebhooks(api);
  if (options.json) {
    const { printJson } = await import('../../ui/json.ts');
    return printJson(ctx.stdout, webhooks);
  }
  const { printWebhooks } = await import('../../ui/organization/webhooks.ts');
  await printWebhooks(ctx, options, webhooks);
}
