import type { ReportedTokens } from '../../../shared/token-report.ts';
import { tokenStatus } from '../../domain/tokens/status.ts';
import type { StatusContext, TokenRecord } from '../../store/records.ts';
import { NextPageLink } from '../shell/components/next-page-link.tsx';
import { StatusBadge } from '../shell/components/status-badge.tsx';
import { Expiry, Time } from '../shell/components/time.tsx';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { NewestUse } from '../tokens/list/last-used.tsx';
import { ownerPath, tokenPath } from '../tokens/token-paths.ts';
import { overviewPath } from './overview-paths.ts';
import { reportTexts } from './report-texts.tsx';

interface ReportedTokensPageProps {
  name: ReportedTokens;
  tokens: TokenRecord[];
  nextHref: string | null;
  /** Whether this is the first page of the list. */
  isFirst: boolean;
  statusContext: StatusContext;
}

/** The tokens that the report counts under one name, newest first. Superusers also see what to do about them. */
export function ReportedTokensPage({ name, tokens, nextHref, isFirst, statusContext }: ReportedTokensPageProps) {
  const { title, meaning, remedy } = reportTexts[name];
  return (
    <Layout title={title} section={overviewPath}>
      <p>
        <a href={overviewPath}>Back to the overview</a>
      </p>
      <h1>{title}</h1>
      <p>{meaning}</p>
      {useMember().superuser && tokens.length > 0 && remedy !== undefined && <p class="note">{remedy}</p>}
      {tokens.length > 0 ? (
        <ReportedTokensTable caption={`${title}, newest first`} tokens={tokens} statusContext={statusContext} />
      ) : (
        <p class="empty">{isFirst ? 'There are none.' : 'There are no more.'}</p>
      )}
      <NextPageLink href={nextHref} />
    </Layout>
  );
}

interface ReportedTokensTableProps {
  caption: string;
  tokens: TokenRecord[];
  statusContext: StatusContext;
}

function ReportedTokensTable({ caption, tokens, statusContext }: ReportedTokensTableProps) {
  const { now } = statusContext;
  return (
    <table class="list">
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {['Name', 'Owner', 'Created', 'Expires', 'Last used', 'Status'].map((heading) => (
            <th scope="col">{heading}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {tokens.map((token) => (
          <tr>
            <th scope="row">
              <a href={tokenPath(token.id)}>{token.name}</a>
              {token.description && <span class="sub">{token.description}</span>}
            </th>
            <td data-label="Owner">
              <a href={ownerPath(token)}>{token.ownerEmail}</a>
            </td>
            <td data-label="Created">
              <Time at={token.createdAt} now={now} />
              {token.rotatedAt !== null && (
                <span class="sub">
                  rotated <Time at={token.rotatedAt} now={now} />
                </span>
              )}
            </td>
            <td data-label="Expires">
              <Expiry at={token.expiresAt} now={now} />
            </td>
            <td data-label="Last used">
              <NewestUse token={token} now={now} />
            </td>
            <td data-label="Status">
              <StatusBadge status={tokenStatus(token, statusContext)} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
