import { Layout } from '../shell/layout.tsx';
import { webhookPath, webhooksPath } from './webhook-paths.ts';

interface WebhookSecretPageProps {
  webhook: { id: string; url: string };
  /** No other page shows it. */
  secret: string;
  /** Whether the webhook existed before, and received a new secret. */
  rotated?: boolean;
}

/** Shows the secret of a webhook that was just created or received a new one. */
export function WebhookSecretPage({ webhook, secret, rotated = false }: WebhookSecretPageProps) {
  const success = rotated ? 'The secret was rotated.' : 'The webhook was created.';
  return (
    <Layout title="Secret of a webhook" section={webhooksPath} success={success}>
      <h1>Copy the secret now</h1>
      <p class="note warning">
        The secret is shown only this once. The receiver checks with it that events come from this server.
        {rotated && ' For 24 hours, events are signed with the old secret, too.'}
      </p>
      <label for="webhook-secret">Secret of {webhook.url}</label>
      <div class="secret">
        <input
          id="webhook-secret"
          class="mono"
          value={secret}
          readonly
          autocomplete="off"
          spellcheck={false}
          data-secret
        />
        <button type="button" class="primary" data-copy="webhook-secret" hidden>
          Copy
        </button>
        <span id="webhook-secret-copied" role="status" />
      </div>
      <p>
        <a class="button" href={webhookPath(webhook.id)}>
          Go to the webhook
        </a>
      </p>
    </Layout>
  );
}
