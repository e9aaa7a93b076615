import { endOf } from '../../../domain/tokens/ended/ended-tokens.ts';
import type { EndedToken } from '../../../store/records.ts';
import { SearchField } from '../../shell/components/form.tsx';
import { EmptyList, NothingMatches } from '../../shell/components/lists/empty-list.tsx';
import { NextPageLink } from '../../shell/components/next-page-link.tsx';
import { StatusBadge } from '../../shell/components/status-badge.tsx';
import { MinuteOf, RowsWithLinks, Time } from '../../shell/components/time.tsx';
import { Layout } from '../../shell/layout.tsx';
import { formatUrl } from '../../shell/page-url.ts';
import { FilterChips } from '../all/filter-form.tsx';
import type { FilterErrors, FilterValues } from '../all/token-filters.ts';
import { LastUsed } from '../list/last-used.tsx';
import { kindLabels, tokenPath } from '../token-paths.ts';
import { OwnerOfEnded } from './owner-of-ended.tsx';

export interface EndedListPageProps {
  /** Path of the list to which these tokens belonged. */
  path: string;
  values: FilterValues;
  errors: FilterErrors;
  tokens: EndedToken[];
  nextCursor: string | null;
  /** Whether the tokens have several owners, who get a column. */
  withOwners: boolean;
  /** Path of the file with all of them. */
  csvPath?: string;
  /** The name of the service account whose tokens these are. */
  account?: string;
  /** The section of the page, if it is not the list. */
  section?: string;
  now: number;
}

/** The tokens that ended lately. They have lists of their own, because they have no actions. */
export function EndedListPage(props: EndedListPageProps) {
  const { path, values, errors, tokens, nextCursor, withOwners, csvPath, account, section = path, now } = props;
  const isValid = Object.keys(errors).length === 0;
  return (
    <Layout title="Ended tokens" section={section}>
      {account !== undefined && (
        <p>
          <a href={path}>Back to the service account</a>
        </p>
      )}
      <div class="heading">
        <h1>Ended tokens</h1>
        {csvPath !== undefined && isValid && (
          <a class="button" href={formatUrl({ path: csvPath, query: { ...values } })} download>
            Download CSV
          </a>
        )}
      </div>
      <p class="lead">
        {account === undefined ? 'Tokens' : <>Tokens of {account}</>} that were revoked or removed in the last 90 days,
        the last ones first.
      </p>
      <search>
        <form method="get" action={path} class="filters">
          <input type="hidden" name="status" value="revoked" />
          <SearchField label="Name or prefix" name="q" value={values.q} error={errors.q} />
          {withOwners && (
            <SearchField
              label="Owner"
              name="owner"
              value={values.owner}
              error={errors.owner}
              placeholder="Email or service-account:NAME"
            />
          )}
          <button type="submit">Search</button>
        </form>
      </search>
      <FilterChips path={path} values={values} errors={errors} />
      {tokens.length > 0 && <EndedTable tokens={tokens} withOwners={withOwners} now={now} />}
      {isValid && tokens.length === 0 && <NoneEnded path={path} values={values} now={now} />}
      <NextPageLink href={nextCursor === null ? null : formatUrl({ path, query: values }, { cursor: nextCursor })} />
    </Layout>
  );
}

function NoneEnded({ path, values, now }: Pick<EndedListPageProps, 'path' | 'values' | 'now'>) {
  const { status: _, ...filters } = values;
  if (Object.keys(filters).length > 0) {
    const clearHref = formatUrl({ path, query: { status: 'revoked' } });
    const lead = (
      <>
        0 ended tokens match, as of <MinuteOf at={now} />.
      </>
    );
    return <NothingMatches lead={lead} clearHref={clearHref} />;
  }
  return (
    <EmptyList lead="No token ended in the last 90 days.">
      <p>Tokens that are revoked, or removed after they expired, stay here with their history.</p>
      <a href={path}>Show the tokens that exist</a>
    </EmptyList>
  );
}

function EndedTable({ tokens, withOwners, now }: Pick<EndedListPageProps, 'tokens' | 'withOwners' | 'now'>) {
  return (
    <table class="list brief">
      <caption class="visually-hidden">Ended tokens, the last ones first</caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          {withOwners && <th scope="col">Owner</th>}
          {withOwners && <th scope="col">Kind</th>}
          <th scope="col">Ended</th>
          <th scope="col">Last used</th>
          <th scope="col">Prefix</th>
        </tr>
      </thead>
      <RowsWithLinks>
        {tokens.map((token) => (
          <EndedRow token={token} withOwner={withOwners} now={now} />
        ))}
      </RowsWithLinks>
    </table>
  );
}

function EndedRow({ token, withOwner, now }: { token: EndedToken; withOwner: boolean; now: number }) {
  const { reason, endedBy } = endOf(token);
  return (
    <tr>
      <th scope="row">
        <a href={tokenPath(token.id)}>{token.name}</a> <StatusBadge status={reason} />
      </th>
      {withOwner && (
        <td data-label="Owner">
          <OwnerOfEnded token={token} />
        </td>
      )}
      {withOwner && <td data-label="Kind">{kindLabels[token.ownerKind]}</td>}
      <td data-label="Ended" class="second">
        <span class="on-phone">Ended </span>
        <Time at={token.endedAt} now={now} />
        {endedBy !== null && (
          <span class="sub">
            by <bdi>{endedBy}</bdi>
          </span>
        )}
      </td>
      <td data-label="Last used">
        {token.lastUse === null ? 'no use recorded' : <LastUsed use={token.lastUse} now={now} />}
      </td>
      <td data-label="Prefix">
        <code>{token.prefix}</code>
      </td>
    </tr>
  );
}
