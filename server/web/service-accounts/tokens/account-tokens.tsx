import type { AppNames } from '../../../domain/tokens/rules/shown-rules.ts';
import type { ServiceAccountSummary, StatusContext, TokenRecord } from '../../../store/records.ts';
import { EmptyList, NothingMatches } from '../../shell/components/lists/empty-list.tsx';
import { NextPageLink } from '../../shell/components/next-page-link.tsx';
import { useMember } from '../../shell/page-context.ts';
import { formatUrl, type PageUrl } from '../../shell/page-url.ts';
import { isWrong } from '../../tokens/all/token-filters.ts';
import type { ListCounts } from '../../tokens/list/attention.ts';
import { OwnerListControls, type OwnerListFilter } from '../../tokens/list/owner-list-controls.tsx';
import { type Preselected, SelectionBar } from '../../tokens/selection/selection-bar.tsx';
import { TokenList } from '../../tokens/token-list.tsx';

export interface AccountTokensProps {
  account: ServiceAccountSummary;
  /** Whether the reader may change the account and its tokens. An auditor may not. */
  mayChange: boolean;
  /** Whether the reader maintains the account. */
  actsAsOwner: boolean;
  tokens: TokenRecord[];
  /** The names of the apps in the rules of the tokens. */
  names: AppNames;
  statusContext: StatusContext;
  /** URL of the page, with the filters, the order and the `?cursor` of the list. */
  pageUrl: PageUrl;
  nextCursor: string | null;
  counts: ListCounts;
  /** The filters in the URL. */
  filter: OwnerListFilter;
  preselected: Preselected;
}

/** The tokens of a service account. */
export function AccountTokens(props: AccountTokensProps) {
  const { account, mayChange, actsAsOwner, tokens, names, statusContext, pageUrl, nextCursor, counts, filter } = props;
  const { path, query } = pageUrl;
  const { cursor: _, ...filters } = query;
  const selection = mayChange ? { preselected: props.preselected, listUrl: pageUrl } : undefined;
  const { superuser } = useMember();
  return (
    <>
      <div class="heading">
        <h2>Tokens</h2>
        {mayChange && !account.disabled && (
          <div class="buttons">
            {superuser && (
              <a class="button" id="create-key" href={formatUrl(pageUrl, { dialog: 'create-key' })}>
                Create management key
              </a>
            )}
            <a class="button primary" id="create-token" href={formatUrl(pageUrl, { dialog: 'create-token' })}>
              Create token
            </a>
          </div>
        )}
      </div>
      {mayChange && account.disabled && (
        <p>
          {superuser
            ? 'Enable the service account to create tokens for it.'
            : 'A superuser must enable the service account before you can create tokens for it.'}
        </p>
      )}
      {(account.tokenCount > 0 || isWrong(filter.errors)) && (
        <OwnerListControls path={path} {...filter} counts={counts} />
      )}
      {tokens.length > 0 ? (
        <TokenList
          caption={`Tokens of ${account.name}`}
          tokens={tokens}
          statusContext={statusContext}
          names={names}
          selection={selection}
          sorting={{ listUrl: { path, query: filters }, total: counts.total }}
          actionsOf={
            mayChange
              ? ({ id }) => ({ actsAsOwner, revokeHref: formatUrl(pageUrl, { dialog: 'revoke', token: id }) })
              : null
          }
        />
      ) : (
        !isWrong(filter.errors) && <NoAccountTokens filtered={account.tokenCount > 0} path={path} />
      )}
      <NextPageLink href={nextCursor === null ? null : formatUrl(pageUrl, { cursor: nextCursor })} />
      <p class="hint">
        <a href={formatUrl({ path, query: { status: 'revoked' } })}>Ended tokens</a>
      </p>
      {selection && tokens.length > 0 && <SelectionBar {...selection} shown={tokens.length} total={counts.total} />}
    </>
  );
}

function NoAccountTokens({ filtered, path }: { filtered: boolean; path: string }) {
  if (filtered) return <NothingMatches lead="No tokens match." clearHref={path} />;
  return (
    <EmptyList lead="This service account has no tokens.">
      <p>A token lets a job or a service call your organization's APIs without a person.</p>
    </EmptyList>
  );
}
