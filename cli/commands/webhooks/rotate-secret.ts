import type { Command } from 'commander';
import { findWebhook } from '../../api/find/find-webhook.ts';
import { expectBody } from '../../api/responses.ts';
import { createdWebhookShape } from '../../api/webhook-shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export function registerWebhooksRotateSecret(webhooks: Command, ctx: Context): void {
  webhooks
    .command('rotate-secret')
    .argument('<webhook>', 'ID or URL of the webhook')
    .summary('Replace the secret of a webhook')
    .description(
      'Replace the secret of a webhook and print the new one once. Events are signed with both secrets for 24 hours.',
    )
    .addHelpText('after', '\nExample:\n  $ tokens webhooks rotate-secret https://hooks.example.com/tokens')
    .action((name: string, _options, command: Command) => runRotateSecret(ctx, name, command.optsWithGlobals()));
}

async function runRotateSecret(ctx: Context, name: string, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const { id } = await findWebhook(api, name);
  const rotated = await expectBody(api.webhooks[':id'].secret.$post({ param: { id } }), createdWebhookShape);
  const { printWebhookSecret } = await import('../../ui/organization/webhooks.ts');
  await printWebhookSecret(ctx, options, rotated);
}
