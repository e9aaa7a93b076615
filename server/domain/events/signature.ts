import { createHmac } from 'node:crypto';
import type { WebhookSecrets } from '../../store/records.ts';

/** What a receiver gets: the header fields of Standard Webhooks that depend on the message, and the body. */
export interface SignedMessage {
  headers: Record<string, string>;
  body: string;
}

/** Signs a message as Standard Webhooks describes. After a rotation, both secrets sign until the end of the overlap. */
export function signMessage(
  { id, body }: { id: string; body: string },
  { secret, previousSecret, previousSecretUntil }: WebhookSecrets,
  now: number,
): SignedMessage {
  const timestamp = Math.floor(now / 1000);
  const overlaps = previousSecret !== null && previousSecretUntil !== null && now < previousSecretUntil;
  const secrets = overlaps ? [secret, previousSecret] : [secret];
  const signatures = secrets.map((one) => `v1,${signatureOf(one, `${id}.${timestamp}.${body}`)}`);
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
  return { headers, body };
}

function signatureOf(secret: string, content: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return createHmac('sha256', key).update(content).digest('base64');
}
