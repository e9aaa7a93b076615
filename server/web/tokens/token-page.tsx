import type { Child } from 'hono/jsx';
import type { TokenStatus } from '../../../shared/schemas/tokens.ts';
import { tokenStatus } from '../../domain/tokens/status.ts';
import type { Usage } from '../../domain/tokens/usage/usage.ts';
import type { StatusContext, TokenRecord } from '../../store/records.ts';
import { StatusBadge } from '../shell/components/status-badge.tsx';
import { ExactTime } from '../shell/components/time.tsx';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { memberPath, teamPath } from '../team/team-paths.ts';
import { LastUsed } from './token-list.tsx';
import { tokenPath, tokensPath } from './token-paths.ts';
import { UsageSection } from './usage/usage-section.tsx';

interface TokenPageProps {
  token: TokenRecord;
  statusContext: StatusContext;
  usage: Usage;
  dialog?: Child;
}

/** One token: what is known about it, and its actions. Superusers also see the tokens of other members. */
export function TokenPage({ token, statusContext, usage, dialog }: TokenPageProps) {
  const own = token.ownerId === useMember().id;
  return (
    <Layout title={token.name} tab={own ? tokensPath : teamPath}>
      <p>
        <a href={own ? tokensPath : memberPath(token.ownerId)}>
          {own ? 'Back to your API tokens' : 'Back to the member'}
        </a>
      </p>
      <div class="heading">
        <h1>{token.name}</h1>
        <a class="button quiet danger" id={`revoke-${token.id}`} href={`${tokenPath(token.id)}?dialog=revoke`}>
          Revoke
        </a>
      </div>
      {token.description && <p>{token.description}</p>}
      <Facts token={token} statusContext={statusContext} own={own} />
      <UsageSection usage={usage} quiet={token.quietNetworks} now={statusContext.now} />
      {dialog}
    </Layout>
  );
}

function Facts({ token, statusContext, own }: Pick<TokenPageProps, 'token' | 'statusContext'> & { own: boolean }) {
  const { now } = statusContext;
  const status = tokenStatus(token, statusContext);
  return (
    <dl class="facts">
      <dt>Status</dt>
      <dd>
        <StatusBadge status={status} />
        <span class="sub">{explanations[status]}</span>
      </dd>
      <dt>Prefix</dt>
      <dd>
        <code>{token.prefix}</code>
        <span class="sub">The value begins with it. The whole value was shown once, when the token was created.</span>
      </dd>
      {!own && (
        <>
          <dt>Owner</dt>
          <dd>
            <a href={memberPath(token.ownerId)}>{token.ownerEmail}</a>
          </dd>
        </>
      )}
      <dt>Created</dt>
      <dd>
        <ExactTime at={token.createdAt} now={now} />
      </dd>
      <dt>Expires</dt>
      <dd>{token.expiresAt === null ? 'never' : <ExactTime at={token.expiresAt} now={now} />}</dd>
      <dt>Last used</dt>
      <dd>
        <LastUsed use={token.lastUse} now={now} />
        {token.lastUse?.userAgent && <span class="sub">{token.lastUse.userAgent}</span>}
      </dd>
    </dl>
  );
}

const explanations: Record<TokenStatus, string> = {
  active: 'Requests that use it are accepted.',
  blocked: 'Requests that use it are rejected until its owner has the permission to manage tokens again.',
  disabled: 'Requests that use it are rejected, because the account of its owner is disabled.',
  'sso-stale': 'Requests that use it are rejected until its owner signs in with single sign-on again.',
  paused: 'Requests that use it are rejected until it is resumed.',
  expired: 'Requests that use it are rejected, because it has expired.',
  idle: 'Requests that use it are rejected, because it was not used for a long time. Resume it to use it again.',
};
