import type { CreatedWebhook, Delivery, Webhook } from '../../../shared/schemas/webhooks.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { printFields } from '../fields.ts';
import { printJson } from '../json.ts';
import { note } from '../notes.ts';
import { type Column, printTable } from '../table.ts';
import { timesFor } from '../times.ts';

export async function printWebhooks(ctx: Context, options: GlobalOptions, webhooks: readonly Webhook[]): Promise<void> {
  const columns: Column<Webhook>[] = [
    { head: 'URL', text: (webhook) => webhook.url },
    {
      head: 'EVENTS',
      text: (webhook) => webhook.events.join(', '),
      minWidth: 10,
      whenNarrow: [{ order: 3, width: 0 }],
    },
    { head: 'FORMAT', text: (webhook) => webhook.format, whenNarrow: [{ order: 2, width: 0 }] },
    {
      head: 'STATUS',
      text: (webhook) => (webhook.disabled ? 'disabled' : 'enabled'),
      whenNarrow: [{ order: 4, width: 0 }],
    },
    { head: 'ID', text: (webhook) => webhook.id, whenNarrow: [{ order: 1, width: 0 }] },
  ];
  await printTable(ctx, options, columns, [webhooks], 'There are no webhooks.');
}

export async function printWebhook(ctx: Context, webhook: Webhook): Promise<void> {
  await printFields(ctx.stdout, [
    ['URL', webhook.url],
    ['Events', webhook.events.join(', ')],
    ['Format', webhook.format],
    ['Description', webhook.description ?? ''],
    ['Status', webhook.disabled ? 'disabled' : 'enabled'],
    ['Created', timesFor(ctx.stdout, ctx).past(webhook.created_at)],
    ['ID', webhook.id],
  ]);
}

/** Prints a new secret of a webhook, which cannot be shown again. */
export async function printWebhookSecret(ctx: Context, options: GlobalOptions, webhook: CreatedWebhook): Promise<void> {
  if (options.json) return printJson(ctx.stdout, webhook);
  await printFields(ctx.stdout, [
    ['Webhook ID', webhook.id],
    ['Secret', webhook.secret],
  ]);
  if (ctx.stdout.isTTY) await note(ctx, options, 'Copy the secret now: it cannot be shown again.');
}

export async function printDeliveries(
  ctx: Context,
  options: GlobalOptions,
  deliveries: readonly Delivery[],
): Promise<void> {
  const times = timesFor(ctx.stdout, ctx);
  const columns: Column<Delivery>[] = [
    { head: 'TIME', text: ({ at }) => times.ago(at) },
    { head: 'EVENT', text: ({ event }) => event },
    { head: 'STATUS', text: ({ status }) => status },
    { head: 'ATTEMPTS', text: ({ attempts }) => String(attempts), whenNarrow: [{ order: 2, width: 0 }] },
    { head: 'ERROR', text: ({ error }) => error ?? '', minWidth: 10, whenNarrow: [{ order: 1, width: 0 }] },
    { head: 'ID', text: ({ id }) => id },
  ];
  await printTable(ctx, options, columns, [deliveries], 'There are no deliveries.');
}
