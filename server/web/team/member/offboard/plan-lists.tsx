import type { PropsWithChildren } from 'hono/jsx';
import { limits } from '../../../../../shared/limits.ts';
import type { OffboardingPlan } from '../../../../domain/accounts/offboarding/offboarding.ts';
import { isPaused } from '../../../../domain/tokens/status.ts';
import type { TokenRecord, UserSummary } from '../../../../store/records.ts';
import { Time } from '../../../shell/components/time.tsx';
import { Mailed } from '../../../shell/mailed.tsx';
import { formatUrl } from '../../../shell/page-url.ts';
import { allTokensPath } from '../../../tokens/all/all-tokens-paths.ts';
import { memberName } from '../../member-labels.ts';
import { maxOpen, OrphanedAccounts } from '../orphaned-accounts.tsx';

interface PlanListsProps {
  user: UserSummary;
  plan: OffboardingPlan;
  now: number;
}

/** Names the tokens and the service accounts that an offboarding changes, and the tokens whose values the member keeps. */
export function PlanLists({ user, plan: { transferred, revoked, known, orphaned }, now }: PlanListsProps) {
  return (
    <>
      <TokenNames heading="In use: transferred, if you choose a service account" tokens={transferred} now={now}>
        <PausedNote paused={transferred.filter((token) => isPaused(token, now)).length} />
      </TokenNames>
      <TokenNames heading="Revoked in any case" tokens={revoked} now={now}>
        <p class="hint">Not used in the last 30 days, not working, or a canary.</p>
      </TokenNames>
      <OrphanedAccounts accounts={orphaned} notOffered={transferred.length > 0} />
      <KnownTokens user={user} tokens={known} />
    </>
  );
}

/**
 * A paused token may have leaked, so the superuser should think before they transfer it. The tokens that are not transferred are
 * revoked in any case.
 */
function PausedNote({ paused }: { paused: number }) {
  if (paused === 0) return null;
  return (
    <p class="note warning">
      {paused === 1 ? '1 of these is paused, and stays paused.' : `${paused} of these are paused, and stay paused.`} If
      its value may have leaked, revoke a token before you offboard the member, so that nobody receives it.
    </p>
  );
}

interface TokenNamesProps extends Pick<PlanListsProps, 'now'> {
  heading: string;
  tokens: readonly TokenRecord[];
}

function TokenNames({ heading, tokens, now, children }: PropsWithChildren<TokenNamesProps>) {
  if (tokens.length === 0) return null;
  return (
    <details open={tokens.length <= maxOpen}>
      <summary>
        {heading} ({tokens.length})
      </summary>
      {children}
      <ul>
        {tokens.map((token) => (
          <li>
            {token.name}{' '}
            <span class="sub">
              {token.prefix}, {lastUseOf(token, now)}
              {isPaused(token, now) && `, paused${token.pausedReason ? `: ${token.pausedReason}` : ''}`}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Names the tokens whose values the member knows and which the offboarding does not change. */
function KnownTokens({ user, tokens }: Pick<PlanListsProps, 'user'> & { tokens: readonly TokenRecord[] }) {
  if (tokens.length === 0) return null;
  const isBounded = tokens.length >= limits.maxKnownTokens;
  return (
    <details open={tokens.length <= maxOpen}>
      <summary>
        Not changed, although {memberName(user)} knows the values ({isBounded && 'at least '}
        {tokens.length})
      </summary>
      <p>
        <Mailed>Those who can rotate them get an email. </Mailed>
        {isBounded && `These are the newest ${tokens.length}. `}
        <a href={formatUrl({ path: allTokensPath, query: { known_to: user.email } })}>Open in All tokens</a>
      </p>
      <ul>
        {tokens.map(({ id, name, prefix, ownerEmail }) => (
          <li>
            <a href={`/profile/api-tokens/${id}`}>{name}</a>{' '}
            <span class="sub">
              {prefix}, {ownerEmail}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function lastUseOf({ lastUse, previousUsedAt }: TokenRecord, now: number) {
  const at = Math.max(lastUse?.at ?? 0, previousUsedAt ?? 0);
  if (at === 0) return 'never used';
  return (
    <>
      used <Time at={at} now={now} />
    </>
  );
}
