import { ValueDialog } from '../shell/components/value-dialog.tsx';
import { Layout } from '../shell/layout.tsx';
import { webhookName } from './webhook-name.ts';
import { webhookPath, webhooksPath } from './webhook-paths.ts';

interface WebhookSecretPageProps {
  webhook: { id: string; url: string; description: string | null };
  /** No other page shows it. */
  secret: string;
  /** Whether the webhook existed before, and received a new secret. */
  rotated?: boolean;
}

/** Shows the secret of a webhook that was just created or received a new one. */
export function WebhookSecretPage({ webhook, secret, rotated = false }: WebhookSecretPageProps) {
  const name = webhookName(webhook);
  return (
    <Layout title="Secret of a webhook" section={webhooksPath}>
      <p>
        <a href={webhookPath(webhook.id)}>Go to the webhook</a>
      </p>
      <h1>
        <bdi>{name}</bdi>
      </h1>
      <ValueDialog
        title="Copy the secret now"
        label={`Secret of ${name}`}
        value={secret}
        doneHref={webhookPath(webhook.id)}
        warning="The secret is shown only this once and can't be recovered. If you lose it, rotate the secret."
      >
        <p>
          The receiver checks with it that events come from this server.
          {rotated && ' For 24 hours, events are signed with the old secret, too.'}
        </p>
      </ValueDialog>
    </Layout>
  );
}
