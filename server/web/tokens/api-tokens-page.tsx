import type { Child, PropsWithChildren } from 'hono/jsx';
import type { AppNames } from '../../domain/tokens/rules/shown-rules.ts';
import type { StatusContext, TokenRecord } from '../../store/records.ts';
import { EmptyList, NothingMatches } from '../shell/components/lists/empty-list.tsx';
import { NextPageLink } from '../shell/components/next-page-link.tsx';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { formatUrl, type PageUrl, queryEntries } from '../shell/page-url.ts';
import { FilterChips } from './all/filter-form.tsx';
import type { FilterErrors, FilterValues } from './all/token-filters.ts';
import type { ListCounts } from './list/attention.ts';
import { AttentionLine } from './list/attention-line.tsx';
import { TokenFilters } from './list/token-filters.tsx';
import { PermissionMissing } from './permission-missing.tsx';
import { type Preselected, SelectionBar } from './selection/selection-bar.tsx';
import { TokenList } from './token-list.tsx';
import { tokensPath } from './token-paths.ts';

interface ApiTokensPageProps {
  tokens: TokenRecord[];
  /** The names of the apps in the rules of the tokens. */
  names: AppNames;
  /** URL of this page, with `?cursor` and its valid filters. */
  pageUrl: PageUrl;
  values: FilterValues;
  /** The errors of wrong filters. The list is then empty. */
  errors: FilterErrors;
  preselected: Preselected;
  counts: ListCounts;
  nextCursor: string | null;
  /** Email addresses of superusers, who can grant the permission. Empty if the member already has it. */
  superusers: string[];
  statusContext: StatusContext;
  dialog?: Child;
}

/** The member's own tokens. */
export function ApiTokensPage(props: ApiTokensPageProps) {
  const { tokens, names, pageUrl, preselected, counts, nextCursor } = props;
  const { values, errors, superusers, statusContext, dialog } = props;
  const { canManageTokens } = useMember();
  const { cursor: _, ...filters } = pageUrl.query;
  const filtered = queryEntries({ ...pageUrl, query: { ...pageUrl.query, sort: undefined } }).length > 0;
  const selection = { preselected, listUrl: pageUrl };
  const isWrong = Object.keys(errors).length > 0;
  const isEmpty = !filtered && !isWrong && tokens.length === 0;
  return (
    <Layout title="API tokens" section={tokensPath}>
      <div class="heading">
        <h1>API tokens</h1>
        {canManageTokens && !isEmpty && <CreateLink pageUrl={pageUrl} />}
      </div>
      {!canManageTokens && <PermissionMissing superusers={superusers} hasTokens={tokens.length > 0} />}
      {!isEmpty && <TokenFilters path={tokensPath} values={values} errors={errors} total={counts.total} />}
      <FilterChips path={tokensPath} values={values} errors={errors} />
      {!isEmpty && !isWrong && (
        <AttentionLine path={tokensPath} kept={filters.sort ? { sort: filters.sort } : {}} counts={counts} />
      )}
      {tokens.length > 0 ? (
        <TokenList
          caption="Your API tokens"
          tokens={tokens}
          statusContext={statusContext}
          names={names}
          selection={selection}
          sorting={{ listUrl: { path: tokensPath, query: filters }, total: counts.total }}
          actionsOf={({ id }) => ({ actsAsOwner: true, revokeHref: formatUrl(pageUrl, { dialog: 'revoke', id }) })}
        />
      ) : (
        !isWrong && <NoTokens filtered={filtered}>{canManageTokens && <CreateLink pageUrl={pageUrl} />}</NoTokens>
      )}
      <NextPageLink href={nextCursor === null ? null : formatUrl(pageUrl, { cursor: nextCursor })} />
      <p class="hint">
        <a href={formatUrl({ path: tokensPath, query: { status: 'revoked' } })}>Ended tokens</a>
      </p>
      {tokens.length > 0 && <SelectionBar {...selection} shown={tokens.length} total={counts.total} />}
      {dialog}
    </Layout>
  );
}

function CreateLink({ pageUrl }: Pick<ApiTokensPageProps, 'pageUrl'>) {
  return (
    <a class="button primary" id="create" href={formatUrl(pageUrl, { dialog: 'create' })}>
      Create token
    </a>
  );
}

/** Takes the place of an empty list. `children` is the link that creates a token. */
function NoTokens({ filtered, children }: PropsWithChildren<{ filtered: boolean }>) {
  if (filtered) return <NothingMatches lead="None of your tokens match." clearHref={tokensPath} />;
  return (
    <EmptyList lead="You have no tokens yet.">
      <p>A token lets a script or another program call your organization's APIs as you, without your password.</p>
      {children}
    </EmptyList>
  );
}
