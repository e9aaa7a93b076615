import type { Child } from 'hono/jsx';
import type { ClientRecord } from '../../store/records.ts';
import { History, type HistoryPage } from '../audit/history/history.tsx';
import { ExactTime } from '../shell/components/time.tsx';
import { CopyButton } from '../shell/components/value-dialog.tsx';
import { Layout } from '../shell/layout.tsx';
import { type ObjectAction, ObjectHeading } from '../shell/object-heading.tsx';
import { useMember, usePage } from '../shell/page-context.ts';
import { clientPath, clientsPath } from './client-paths.ts';
import { rightsOf } from './clients-page.tsx';

interface ClientPageProps {
  client: ClientRecord;
  history: HistoryPage;
  now: number;
  dialog?: Child;
}

/** One OAuth client: what it may do, where it sends requests, and its history. An auditor only reads it. */
export function ClientPage({ client, history, now, dialog }: ClientPageProps) {
  const path = clientPath(client.id);
  return (
    <Layout title={client.name} section={clientsPath}>
      <ObjectHeading
        back={{ href: clientsPath, text: 'Back to the clients' }}
        name={client.name}
        actions={useMember().superuser ? actionsAt(path) : []}
      />
      <ClientFacts client={client} now={now} />
      <History about="this client" auditQuery={{ target: client.id }} pageUrl={{ path, query: {} }} {...history} />
      {dialog}
    </Layout>
  );
}

function actionsAt(path: string): ObjectAction[] {
  return [
    { id: 'edit', href: `${path}?dialog=edit`, label: 'Edit' },
    { id: 'rotate-secret', href: `${path}?dialog=rotate-secret`, label: 'Rotate secret' },
    { id: 'delete', href: `${path}?dialog=delete`, label: 'Delete', danger: true },
  ];
}

function ClientFacts({ client, now }: Pick<ClientPageProps, 'client' | 'now'>) {
  const { publicUrl } = usePage();
  const { canRevoke, canReport } = client;
  return (
    <dl class="facts">
      <dt>Client ID</dt>
      <dd>
        <code id="client-id">{client.clientId}</code> <CopyButton of="client-id" />
      </dd>
      <dt>Secret</dt>
      <dd>was shown once. If it is lost, {useMember().superuser ? 'rotate it' : 'a superuser can rotate it'}.</dd>
      <dt>Rights</dt>
      <dd>{rightsOf(client).join(', ')}</dd>
      <dt>Introspection</dt>
      <dd>
        <bdi>{publicUrl}/oauth/introspect</bdi>
      </dd>
      {canRevoke && (
        <>
          <dt>Revocation</dt>
          <dd>
            <bdi>{publicUrl}/oauth/revoke</bdi>
          </dd>
        </>
      )}
      {canReport && (
        <>
          <dt>Leak reports</dt>
          <dd>
            <bdi>{publicUrl}/leaks/report</bdi>
          </dd>
        </>
      )}
      <dt>Created</dt>
      <dd>
        <ExactTime at={client.createdAt} now={now} />
      </dd>
    </dl>
  );
}
