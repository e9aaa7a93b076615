import type { Child } from 'hono/jsx';
import type { ClientRecord } from '../../store/records.ts';
import { EmptyList } from '../shell/components/lists/empty-list.tsx';
import { NextPageLink } from '../shell/components/next-page-link.tsx';
import { RowsWithLinks, Time } from '../shell/components/time.tsx';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { clientPath, clientsPath } from './client-paths.ts';

interface ClientsPageProps {
  clients: ClientRecord[];
  /** URL of this page, with `?cursor`. */
  pageUrl: PageUrl;
  nextCursor: string | null;
  now: number;
  dialog?: Child;
}

/** All OAuth clients, newest first. An auditor only reads them. */
export function ClientsPage({ clients, pageUrl, nextCursor, now, dialog }: ClientsPageProps) {
  return (
    <Layout title="Clients" section={clientsPath}>
      <div class="heading">
        <h1>Clients</h1>
        {useMember().superuser && (
          <a class="button primary" id="create" href={formatUrl(pageUrl, { dialog: 'create' })}>
            Create a client
          </a>
        )}
      </div>
      <p>A client is an API server that asks this server about each token, or a scanner that reports leaked values.</p>
      {clients.length > 0 ? (
        <ClientTable clients={clients} now={now} />
      ) : (
        <EmptyList lead="There are no clients.">
          <p>
            {useMember().superuser ? 'Create one' : 'A superuser creates one'} for an API that stands behind no proxy.
            It then asks this server about each token.
          </p>
        </EmptyList>
      )}
      <NextPageLink href={nextCursor === null ? null : formatUrl(pageUrl, { cursor: nextCursor })} />
      {dialog}
    </Layout>
  );
}

function ClientTable({ clients, now }: Pick<ClientsPageProps, 'clients' | 'now'>) {
  return (
    <table class="list brief">
      <caption class="visually-hidden">Clients, newest first</caption>
      <thead>
        <tr>
          {['Client', 'Client ID', 'Rights', 'Created'].map((heading) => (
            <th scope="col">{heading}</th>
          ))}
        </tr>
      </thead>
      <RowsWithLinks>
        {clients.map((client) => (
          <tr>
            <th scope="row">
              <a href={clientPath(client.id)}>
                <bdi>{client.name}</bdi>
              </a>
            </th>
            <td data-label="Client ID">
              <code>{client.clientId}</code>
            </td>
            <td data-label="Rights" class="second words">
              {rightsOf(client).join(', ')}
            </td>
            <td data-label="Created">
              <Time at={client.createdAt} now={now} />
            </td>
          </tr>
        ))}
      </RowsWithLinks>
    </table>
  );
}

/** Returns what a client may do, in words. */
export function rightsOf({ canRevoke, canReport }: Pick<ClientRecord, 'canRevoke' | 'canReport'>): string[] {
  return ['introspect tokens', ...(canRevoke ? ['revoke tokens'] : []), ...(canReport ? ['report leaked values'] : [])];
}
