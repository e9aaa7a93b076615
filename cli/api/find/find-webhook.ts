import type { Webhook } from '../../../shared/schemas/webhooks.ts';
import { parseUrl } from '../../../shared/urls.ts';
import { type CliError, localError } from '../../errors.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Api } from '../client.ts';
import { collect } from '../pages.ts';
import { expectBody } from '../responses.ts';
import { pageShape } from '../shapes.ts';
import { webhookShape } from '../webhook-shapes.ts';
import { didYouMean } from './close-names.ts';

/**
 * Returns the webhook with this ID or URL. Auditors read only the servers of URLs, which several webhooks can share.
 * @throws CliError `webhook-not-found`, or `ambiguous-name` if several have the URL
 */
export async function findWebhook(api: Api, name: string): Promise<Webhook> {
  const webhooks = await listWebhooks(api);
  const url = parseUrl(name)?.href ?? name;
  const found = webhooks.filter(({ id, url: shown }) => id === name.toLowerCase() || shown === url || shown === name);
  if (found.length > 1) throw ambiguous(name, found);
  if (found[0]) return found[0];
  const guess = didYouMean(
    name,
    webhooks.map((webhook) => webhook.url),
  );
  throw localError(
    'webhook-not-found',
    `There is no webhook "${sanitize(name)}".${guess} Run \`tokens webhooks list\` to see all webhooks.`,
  );
}

function ambiguous(name: string, found: readonly Webhook[]): CliError {
  const ids = found.map(({ id }) => id).join(', ');
  const detail = `"${sanitize(name)}" matches more than one webhook. Give the ID of the one that you mean: ${ids}.`;
  return localError('ambiguous-name', detail);
}

export function listWebhooks(api: Api): Promise<Webhook[]> {
  return collect((query) => expectBody(api.webhooks.$get({ query }), pageShape(webhookShape)));
}
