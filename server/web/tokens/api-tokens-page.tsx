import type { Child } from 'hono/jsx';
import type { AppContext } from '../../http/context.ts';
import type { StatusContext, TokenRecord } from '../../store/records.ts';
import { Layout } from '../shell/layout.tsx';
import { addressOf, kept, type Place } from '../shell/page-url.ts';
import { Field, NextPage } from '../shell/parts.tsx';
import { TokenList } from './token-list.tsx';

export const tokensPath = '/profile/api-tokens';

interface TokensPageProps {
  c: AppContext;
  organization: string | null;
  tokens: TokenRecord[];
  /** `?q` and `?cursor`. */
  place: Place;
  nextCursor: string | null;
  /** Whom to ask for the permission; only looked at by who lacks it. */
  superusers: string[];
  statusContext: StatusContext;
  done?: string | undefined;
  dialog?: Child;
}

/** One's own tokens. */
export function TokensPage(props: TokensPageProps) {
  const { c, organization, tokens, place, nextCursor, superusers, statusContext, done, dialog } = props;
  const { canManageTokens } = c.get('caller').user;
  const filtered = kept(place).length > 0;
  return (
    <Layout c={c} title="API Tokens" organization={organization} tab={tokensPath} done={done}>
      <div class="heading">
        <h1>API Tokens</h1>
        {canManageTokens && (
          <a class="button primary" id="create" href={addressOf(place, { dialog: 'create' })}>
            Create new token
          </a>
        )}
      </div>
      {!canManageTokens && <PermissionMissing superusers={superusers} blocked={tokens.length > 0} />}
      {(filtered || tokens.length > 0) && <Search q={place.query.q} />}
      {tokens.length > 0 ? (
        <TokenList
          caption="Your API tokens"
          tokens={tokens}
          statusContext={statusContext}
          revokeHref={(id) => addressOf(place, { dialog: 'revoke', id })}
        />
      ) : (
        <Empty filtered={filtered} />
      )}
      <NextPage href={nextCursor === null ? null : addressOf(place, { cursor: nextCursor })} />
      {dialog}
    </Layout>
  );
}

function PermissionMissing({ superusers, blocked }: { superusers: string[]; blocked: boolean }) {
  return (
    <div class="note warning">
      <p>
        You need the permission “Can create and manage personal API tokens” to create a token.
        {blocked && ' Your tokens are blocked: each is refused until you have the permission again.'}
      </p>
      <p>Ask an Organization Superuser to grant it: {superusers.join(', ')}.</p>
    </div>
  );
}

function Search({ q }: { q: string | undefined }) {
  return (
    <search>
      <form method="get" action={tokensPath} class="filters">
        <Field label="Search by name" name="q" type="search" value={q} />
        <button type="submit">Search</button>
      </form>
    </search>
  );
}

function Empty({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <div class="empty">
        <p>No token of yours is here.</p>
        <a href={tokensPath}>Show all your tokens</a>
      </div>
    );
  }
  return (
    <div class="empty">
      <p>You have no tokens yet.</p>
      <p>
        A personal API token lets a script, a pipeline or another program call your organization's APIs as you, without
        your password. It is sent with each request, in this header:
      </p>
      <p>
        <code>Authorization: Token YOUR-TOKEN</code>
      </p>
    </div>
  );
}
