import type { Webhook } from '../../../shared/schemas/webhooks.ts';
import { parseUrl } from '../../../shared/urls.ts';
import { localError } from '../../errors.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Api } from '../client.ts';
import { collect } from '../pages.ts';
import { expectBody } from '../responses.ts';
import { pageShape } from '../shapes.ts';
import { webhookShape } from '../webhook-shapes.ts';
import { didYouMean } from './close-names.ts';

/** Returns the webhook with this ID or URL. @throws CliError `webhook-not-found`. */
export async function findWebhook(api: Api, name: string): Promise<Webhook> {
  const webhooks = await listWebhooks(api);
  const url = parseUrl(name)?.href ?? name;
  const found = webhooks.find((webhook) => webhook.id === name.toLowerCase() || webhook.url === url);
  if (found) return found;
  const guess = didYouMean(
    name,
    webhooks.map((webhook) => webhook.url),
  );
  throw localError(
    'webhook-not-found',
    `There is no webhook "${sanitize(name)}".${guess} Run \`tokens webhooks list\` to see all webhooks.`,
  );
}

export function listWebhooks(api: Api): Promise<Webhook[]> {
  return collect((query) => expectBody(api.webhooks.$get({ query }), pageShape(webhookShape)));
}
