import type { Child } from 'hono/jsx';
import type { ListedTrust } from '../../store/records.ts';
import { EmptyList } from '../shell/components/lists/empty-list.tsx';
import { NextPageLink } from '../shell/components/next-page-link.tsx';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { trustsPath } from './trust-paths.ts';
import { TrustTable } from './trust-table.tsx';

interface TrustsPageProps {
  trusts: ListedTrust[];
  /** URL of this page, with `?cursor`. */
  pageUrl: PageUrl;
  nextCursor: string | null;
  dialog?: Child;
}

/** All trusts, newest first. An auditor only reads them. */
export function TrustsPage({ trusts, pageUrl, nextCursor, dialog }: TrustsPageProps) {
  return (
    <Layout title="Trusts" section={trustsPath}>
      <div class="heading">
        <h1>Trusts</h1>
        {useMember().superuser && (
          <a class="button primary" id="create" href={formatUrl(pageUrl, { dialog: 'create' })}>
            Create trust
          </a>
        )}
      </div>
      <p>
        A trust lets jobs of a CI system or a cluster exchange the identity token that the system signs for them. They
        get a token of a service account that works for a few minutes, so you store no token there.
      </p>
      {trusts.length > 0 ? (
        <TrustTable caption="Trusts, newest first" trusts={trusts} withAccount />
      ) : (
        <EmptyList lead="There are no trusts.">
          <p>
            {useMember().superuser ? 'Create one' : 'A superuser creates one'} for a CI system or a cluster, so that no
            value of a token is stored there.
          </p>
        </EmptyList>
      )}
      <NextPageLink href={nextCursor === null ? null : formatUrl(pageUrl, { cursor: nextCursor })} />
      {dialog}
    </Layout>
  );
}
