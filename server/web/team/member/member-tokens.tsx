import { tokenStatusSchema } from '../../../../shared/schemas/tokens/tokens.ts';
import type { StatusContext, TokenRecord, UserSummary } from '../../../store/records.ts';
import { Field } from '../../shell/components/form.tsx';
import { formatUrl, type PageUrl } from '../../shell/page-url.ts';
import { TokenList } from '../../tokens/token-list.tsx';
import { memberName } from '../member-labels.ts';

interface MemberTokensProps {
  user: UserSummary;
  tokens: TokenRecord[];
  statusContext: StatusContext;
  pageUrl: PageUrl;
}

/** A member's tokens, filtered by name and status, with links to revoke one or all of them. */
export function MemberTokens({ user, tokens, statusContext, pageUrl }: MemberTokensProps) {
  return (
    <>
      <div class="heading">
        <h2>API tokens</h2>
        {user.tokenCount > 0 && (
          <a class="button quiet danger" id="revoke-tokens" href={formatUrl(pageUrl, { dialog: 'revoke-tokens' })}>
            Revoke all
          </a>
        )}
      </div>
      {user.tokenCount > 0 && <Filters pageUrl={pageUrl} />}
      {tokens.length > 0 ? (
        <TokenList
          caption={`API tokens of ${memberName(user)}`}
          tokens={tokens}
          statusContext={statusContext}
          revokeHref={(token) => formatUrl(pageUrl, { dialog: 'revoke', token })}
        />
      ) : (
        <p class="empty">{user.tokenCount > 0 ? 'No tokens match.' : 'This member has no tokens.'}</p>
      )}
    </>
  );
}

function Filters({ pageUrl: { path, query } }: { pageUrl: PageUrl }) {
  return (
    <search>
      <form method="get" action={path} class="filters">
        <Field label="Search by name" name="q" type="search" value={query.q} />
        <div class="field">
          <label for="status">Status</label>
          <select id="status" name="status">
            <option value="">All</option>
            {tokenStatusSchema.options.map((status) => (
              <option value={status} selected={status === query.status}>
                {status}
              </option>
            ))}
          </select>
        </div>
        <button type="submit">Search</button>
        <a class="button" href={path}>
          Clear
        </a>
      </form>
    </search>
  );
}
