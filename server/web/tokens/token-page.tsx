import type { Child } from 'hono/jsx';
import type { TokenStatus } from '../../../shared/schemas/tokens.ts';
import { isPaused, tokenStatus, workingPreviousValue } from '../../domain/tokens/status.ts';
import type { Usage } from '../../domain/tokens/usage/usage.ts';
import type { StatusContext, TokenRecord } from '../../store/records.ts';
import { StatusBadge } from '../shell/components/status-badge.tsx';
import { ExactTime, UtcTime } from '../shell/components/time.tsx';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { memberPath, teamPath } from '../team/team-paths.ts';
import type { TokenAction } from './token-change-dialogs.tsx';
import { LastUsed } from './token-list.tsx';
import { tokenPath, tokensPath } from './token-paths.ts';
import { UsageSection } from './usage/usage-section.tsx';

interface TokenPageProps {
  token: TokenRecord;
  statusContext: StatusContext;
  usage: Usage;
  /** What was just changed. */
  success?: string | undefined;
  dialog?: Child;
}

/** One token: what is known about it, and its actions. Superusers also see the tokens of other members. */
export function TokenPage({ token, statusContext, usage, success, dialog }: TokenPageProps) {
  const own = token.ownerId === useMember().id;
  return (
    <Layout title={token.name} tab={own ? tokensPath : teamPath} success={success}>
      <p>
        <a href={own ? tokensPath : memberPath(token.ownerId)}>
          {own ? 'Back to your API tokens' : 'Back to the member'}
        </a>
      </p>
      <div class="heading">
        <h1>{token.name}</h1>
        <Actions token={token} statusContext={statusContext} own={own} />
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

/** Links to the changes that fit the token's state. Only the owner may rotate or edit it. */
function Actions({ token, statusContext, own }: Pick<TokenPageProps, 'token' | 'statusContext'> & { own: boolean }) {
  const status = tokenStatus(token, statusContext);
  const isPausedOrIdle = status === 'paused' || status === 'idle';
  const actions: Array<[TokenAction, string, boolean]> = [
    ['rotate', 'Rotate', own && status === 'active'],
    ['end-previous', 'End old value', workingPreviousValue(token, statusContext.now) !== null],
    ['edit', 'Edit', own && status === 'active'],
    ['pause', 'Pause', status === 'active'],
    ['resume', 'Resume', isPausedOrIdle],
  ];
  return (
    <>
      {actions
        .filter(([, , fits]) => fits)
        .map(([action, label]) => (
          <a class="button quiet" id={action} href={`${tokenPath(token.id)}?dialog=${action}`}>
            {label}
          </a>
        ))}
    </>
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
      <PauseFacts token={token} now={now} />
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
      <PreviousFacts token={token} now={now} />
    </dl>
  );
}

function PauseFacts({ token, now }: { token: TokenRecord; now: number }) {
  if (!isPaused(token, now)) return null;
  const { pausedUntil, pausedReason, pausedByEmail } = token;
  return (
    <>
      <dt>Paused</dt>
      <dd>
        {pausedUntil === null ? 'until it is resumed' : <ExactTime at={pausedUntil} now={now} />}
        <span class="sub">{[pausedByEmail, pausedReason].filter((part) => part !== null).join(': ')}</span>
      </dd>
    </>
  );
}

/** The value before the last rotation, and whether something still uses it. */
function PreviousFacts({ token, now }: { token: TokenRecord; now: number }) {
  const previous = workingPreviousValue(token, now);
  if (previous === null) return null;
  return (
    <>
      <dt>Old value</dt>
      <dd>
        <code>{previous.prefix}</code>
        <span class="sub">
          It works until <UtcTime at={previous.validUntil} />.
        </span>
      </dd>
      <dt>Old value last used</dt>
      <dd>{previous.lastUse === null ? 'not since the rotation' : <LastUsed use={previous.lastUse} now={now} />}</dd>
    </>
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
