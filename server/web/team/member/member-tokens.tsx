import type { AppNames } from '../../../domain/tokens/rules/shown-rules.ts';
import type { StatusContext, TokenRecord, UserSummary } from '../../../store/records.ts';
import { EmptyList, NothingMatches } from '../../shell/components/lists/empty-list.tsx';
import { useMember } from '../../shell/page-context.ts';
import { formatUrl, type PageUrl } from '../../shell/page-url.ts';
import { allTokensPath } from '../../tokens/all/all-tokens-paths.ts';
import { isWrong } from '../../tokens/all/token-filters.ts';
import type { ListCounts } from '../../tokens/list/attention.ts';
import { OwnerListControls, type OwnerListFilter } from '../../tokens/list/owner-list-controls.tsx';
import { TokenList } from '../../tokens/token-list.tsx';
import { memberName } from '../member-labels.ts';

interface MemberTokensProps {
  user: UserSummary;
  tokens: TokenRecord[];
  /** The names of the apps in the rules of the tokens. */
  names: AppNames;
  statusContext: StatusContext;
  pageUrl: PageUrl;
  counts: ListCounts;
  /** The filters in the URL. */
  filter: OwnerListFilter;
}

/** A member's tokens, with filters, and with links to revoke one or all of them. */
export function MemberTokens({ user, tokens, names, statusContext, pageUrl, counts, filter }: MemberTokensProps) {
  const { id, superuser } = useMember();
  const { path, query } = pageUrl;
  const { cursor: _, ...filters } = query;
  return (
    <>
      <div class="heading">
        <h2>API tokens</h2>
        {user.tokenCount > 0 && (
          <a href={formatUrl({ path: allTokensPath, query: { owner: user.email } })}>Open in all tokens</a>
        )}
      </div>
      {(user.tokenCount > 0 || isWrong(filter.errors)) && <OwnerListControls path={path} {...filter} counts={counts} />}
      {tokens.length > 0 ? (
        <TokenList
          caption={`API tokens of ${memberName(user)}`}
          tokens={tokens}
          statusContext={statusContext}
          names={names}
          sorting={{ listUrl: { path, query: filters }, total: counts.total }}
          actionsOf={
            superuser
              ? (token) => ({
                  actsAsOwner: token.ownerId === id,
                  revokeHref: formatUrl(pageUrl, { dialog: 'revoke', token: token.id }),
                })
              : null
          }
        />
      ) : (
        !isWrong(filter.errors) && <NoMemberTokens user={user} path={path} />
      )}
    </>
  );
}

function NoMemberTokens({ user, path }: Pick<MemberTokensProps, 'user'> & { path: string }) {
  if (user.tokenCount > 0) return <NothingMatches lead="No tokens match." clearHref={path} />;
  return (
    <EmptyList lead="This member has no tokens.">
      <p>
        {user.canManageTokens
          ? 'Members create their tokens themselves, under API tokens.'
          : 'To create one, the member needs the permission for personal API tokens.'}
      </p>
    </EmptyList>
  );
}
