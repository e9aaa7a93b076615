import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { registerWebhooksCreate } from './create.ts';
import { registerWebhooksDelete } from './delete.ts';
import { registerWebhooksDeliveries } from './deliveries.ts';
import { registerWebhooksEdit } from './edit.ts';
import { registerWebhooksList } from './list.ts';
import { registerWebhooksRetry } from './retry.ts';
import { registerWebhooksRotateSecret } from './rotate-secret.ts';
import { registerWebhooksShow } from './show.ts';
import { registerWebhooksTest } from './test.ts';

/** Defines `tokens webhooks` and its commands. */
export function defineWebhooks(webhooks: Command, ctx: Context): void {
  webhooks.description('Manage webhooks: addresses to which audit events are sent as they happen.');
  webhooks.addHelpText(
    'after',
    "\nExample:\n  $ tokens webhooks create https://hooks.example.com/tokens --event 'token.*'",
  );
  for (const register of commands) register(webhooks, ctx);
}

const commands = [
  registerWebhooksCreate,
  registerWebhooksList,
  registerWebhooksShow,
  registerWebhooksEdit,
  registerWebhooksDelete,
  registerWebhooksTest,
  registerWebhooksDeliveries,
  registerWebhooksRetry,
  registerWebhooksRotateSecret,
];
