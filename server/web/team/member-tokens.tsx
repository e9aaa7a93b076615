import { tokenStatusSchema } from '../../../shared/schemas/tokens.ts';
import type { StatusContext, TokenRecord, UserSummary } from '../../store/records.ts';
import { addressOf, type Place } from '../shell/page-url.ts';
import { Field } from '../shell/parts.tsx';
import { TokenList } from '../tokens/token-list.tsx';
import { nameOf } from './member-labels.ts';

interface MemberTokensProps {
  user: UserSummary;
  tokens: TokenRecord[];
  statusContext: StatusContext;
  place: Place;
}

/** A member's tokens: found by name and status, revoked one by one or all at once. */
export function MemberTokens({ user, tokens, statusContext, place }: MemberTokensProps) {
  return (
    <>
      <div class="heading">
        <h2>API tokens</h2>
        {user.tokenCount > 0 && (
          <a class="button quiet danger" id="revoke-tokens" href={addressOf(place, { dialog: 'revoke-tokens' })}>
            Revoke all
          </a>
        )}
      </div>
      {user.tokenCount > 0 && <Filters place={place} />}
      {tokens.length > 0 ? (
        <TokenList
          caption={`API tokens of ${nameOf(user)}`}
          tokens={tokens}
          statusContext={statusContext}
          revokeHref={(token) => addressOf(place, { dialog: 'revoke', token })}
        />
      ) : (
        <p class="empty">{user.tokenCount > 0 ? 'No token is here.' : 'This member has no tokens.'}</p>
      )}
    </>
  );
}

function Filters({ place: { path, query } }: { place: Place }) {
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
