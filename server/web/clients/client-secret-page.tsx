import { CopyButton, ValueDialog } from '../shell/components/value-dialog.tsx';
import { Layout } from '../shell/layout.tsx';
import { clientPath, clientsPath } from './client-paths.ts';

interface ClientSecretPageProps {
  client: { id: string; name: string; clientId: string };
  /** The secret. No other page shows it. */
  secret: string;
  /** Whether the client existed before, and received a new secret. */
  rotated?: boolean;
}

/** Shows the secret of a client that was just created or received a new one. */
export function ClientSecretPage({ client, secret, rotated = false }: ClientSecretPageProps) {
  return (
    <Layout title="Secret of a client" section={clientsPath}>
      <p>
        <a href={clientPath(client.id)}>Go to the client</a>
      </p>
      <h1>{client.name}</h1>
      <ValueDialog
        title="Copy the secret now"
        label={`Secret of ${client.name}`}
        value={secret}
        doneHref={clientPath(client.id)}
        warning="The secret is shown only this once and can't be recovered. If you lose it, rotate the secret."
      >
        <p>
          Client ID <code id="client-id">{client.clientId}</code> <CopyButton of="client-id" />
        </p>
        {rotated && <p>The old secret no longer works.</p>}
      </ValueDialog>
    </Layout>
  );
}
