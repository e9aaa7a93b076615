import type { Command } from 'commander';
import type { Delivery } from '../../../shared/schemas/webhooks.ts';
import type { Api } from '../../api/client.ts';
import { findWebhook } from '../../api/find/find-webhook.ts';
import { expectBody } from '../../api/responses.ts';
import { pageShape } from '../../api/shapes.ts';
import { deliveryShape } from '../../api/webhook-shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { CommandEnded } from '../../errors.ts';
import { connect } from '../../session/connect.ts';
import { commandLine } from '../../ui/command-line.ts';
import { writeStderr } from '../../ui/notes.ts';
import { printOutcome } from '../../ui/outcome.ts';
import { sanitize } from '../../ui/sanitize.ts';

export function registerWebhooksTest(webhooks: Command, ctx: Context): void {
  webhooks
    .command('test')
    .argument('<webhook>', 'ID or URL of the webhook')
    .summary('Send a test event')
    .description(
      'Send the event webhook.test to a webhook, and wait up to 20 seconds for the outcome. The exit code is 1 if it was not delivered by then.',
    )
    .addHelpText('after', '\nExample:\n  $ tokens webhooks test https://hooks.example.com/tokens')
    .action((name: string, _options, command: Command) => runWebhooksTest(ctx, name, command.optsWithGlobals()));
}

async function runWebhooksTest(ctx: Context, name: string, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const { id, url } = await findWebhook(api, name);
  const queued = await expectBody(api.webhooks[':id'].test.$post({ param: { id } }), deliveryShape);
  const { delivery, lastError } = await waitForOutcome(ctx, api, id, queued);
  if (delivery.status === 'delivered') {
    return printOutcome(ctx, options, delivery, `Delivered webhook.test to ${sanitize(url)}.`);
  }
  if (options.json) await printOutcome(ctx, options, delivery, '');
  else await writeStderr(ctx, failureOf(delivery, { id, url, lastError }));
  throw new CommandEnded(1);
}

const maxPolls = 20;
const pollMs = 1000;
/** Other events may have happened since. */
const newest = '200';

interface Outcome {
  /** The delivery of the test after its first attempt, or its state after 20 seconds. */
  delivery: Delivery;
  /** The error of the newest event that was not delivered. */
  lastError: string | null;
}

async function waitForOutcome(ctx: Context, api: Api, id: string, queued: Delivery): Promise<Outcome> {
  let [delivery, lastError]: [Delivery, string | null] = [queued, null];
  for (let poll = 0; poll < maxPolls && delivery.attempts === 0 && delivery.status === 'pending'; poll += 1) {
    await ctx.sleep(pollMs);
    const request = api.webhooks[':id'].deliveries.$get({ param: { id }, query: { limit: newest } });
    const { items } = await expectBody(request, pageShape(deliveryShape));
    delivery = items.find((item) => item.id === queued.id) ?? delivery;
    lastError = items.find(({ error }) => error !== null)?.error ?? null;
  }
  return { delivery, lastError };
}

function failureOf(
  { error, status }: Delivery,
  { id, url, lastError }: { id: string; url: string; lastError: string | null },
): string {
  const lookUp = commandLine('webhooks deliveries', id);
  if (error === null) {
    const reason = lastError === null ? '' : ` The last failed attempt: ${sanitize(lastError)}`;
    return `webhook.test was not sent to ${sanitize(url)} within 20 seconds.${reason} To see what becomes of it: ${lookUp}`;
  }
  const next = status === 'pending' ? ` It is tried again. To see what becomes of it: ${lookUp}` : '';
  return `webhook.test was not delivered to ${sanitize(url)}. ${sanitize(error)}${next}`;
}
