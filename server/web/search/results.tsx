import type { Child } from 'hono/jsx';
import { count } from '../../../shared/count.ts';
import type { Results } from '../../domain/search/search.ts';
import { endOf } from '../../domain/tokens/ended/ended-tokens.ts';
import { tokenStatus } from '../../domain/tokens/status.ts';
import type {
  AppRecord,
  FoundEndedToken,
  FoundToken,
  ServiceAccountSummary,
  StatusContext,
  TokenRecord,
  UserSummary,
} from '../../store/records.ts';
import { appPath } from '../apps/app-paths.ts';
import { serviceAccountPath } from '../service-accounts/service-account-paths.ts';
import { ClippedText } from '../shell/components/clipped-text.tsx';
import { StatusBadge } from '../shell/components/status-badge.tsx';
import { Time } from '../shell/components/time.tsx';
import { formatUrl } from '../shell/page-url.ts';
import { memberPath } from '../team/team-paths.ts';
import { allTokensPath } from '../tokens/all/all-tokens-paths.ts';
import { UsedCanaryBadge } from '../tokens/list/used-canary-badge.tsx';
import { ownerName, ownerPath, tokenPath } from '../tokens/token-paths.ts';

interface ResultSectionProps<T> {
  kind: string;
  results: Results<T>;
  /** Address of the list of all that match, and its text. */
  allHref?: string | undefined;
  allLabel?: string;
  children: (result: T) => Child;
}

/** The results of one kind. Renders nothing if there are none. */
export function ResultSection<T>({ kind, results, allHref, allLabel, children: render }: ResultSectionProps<T>) {
  const { items, hasMore } = results;
  const id = kind.toLowerCase().replaceAll(' ', '-');
  if (items.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{kind}</h2>
      <ul class="results">
        {items.map((item) => (
          <li>{render(item)}</li>
        ))}
      </ul>
      {hasMore && (
        <p class="hint">
          There are more. Add characters to the search{allHref === undefined ? '.' : ', or see '}
          {allHref !== undefined && <a href={allHref}>{allLabel}</a>}
          {allHref !== undefined && '.'}
        </p>
      )}
    </section>
  );
}

interface TokenResultProps extends FoundToken {
  statusContext: StatusContext;
  /** Whether the reader may open the page of the owner. */
  withOwner: boolean;
}

/** A token with its prefix and owner. Names the earlier prefix that led to it. */
export function TokenResult({ token, earlierPrefix, statusContext, withOwner }: TokenResultProps) {
  const status = tokenStatus(token, statusContext);
  const usedCanary = token.canary && token.lastUse !== null;
  return (
    <>
      <Name href={tokenPath(token.id)} name={token.name} />
      {usedCanary ? <UsedCanaryBadge token={token} /> : status !== 'active' && <StatusBadge status={status} />}
      <span class="sub">
        <Prefixes prefix={token.prefix} earlierPrefix={earlierPrefix} />
        <OwnerOf token={token} href={withOwner ? ownerPath(token) : null} />
        {token.description !== null && (
          <>
            {' · '}
            <ClippedText text={token.description} />
          </>
        )}
      </span>
    </>
  );
}

interface EndedTokenResultProps extends FoundEndedToken {
  now: number;
  /** Whether the reader may open the page of the owner. */
  withOwner: boolean;
}

/** A token that ended, with how and when. Its page stays as long as its tombstone. */
export function EndedTokenResult({ token, earlierPrefix, now, withOwner }: EndedTokenResultProps) {
  return (
    <>
      <Name href={tokenPath(token.id)} name={token.name} />
      <StatusBadge status={endOf(token).reason} />
      <span class="sub">
        <Prefixes prefix={token.prefix} earlierPrefix={earlierPrefix} />
        <OwnerOf token={token} href={withOwner && !token.ownerDeleted ? ownerPath(token) : null} />
        {' · '}
        <Time at={token.endedAt} now={now} />
      </span>
    </>
  );
}

interface OwnerOfProps {
  token: Pick<TokenRecord, 'ownerKind' | 'ownerEmail'>;
  /** The page of the owner. */
  href: string | null;
}

function OwnerOf({ token, href }: OwnerOfProps) {
  const name = ownerName(token);
  return (
    <>
      {token.ownerKind === 'member' ? ' · ' : ' · service account '}
      {href === null ? name : <a href={href}>{name}</a>}
    </>
  );
}

function Prefixes({ prefix, earlierPrefix }: { prefix: string; earlierPrefix: string | null }) {
  return (
    <>
      <code>{prefix}</code>
      {earlierPrefix !== null && (
        <>
          , before a rotation <code>{earlierPrefix}</code>
        </>
      )}
    </>
  );
}

/** A service account. Readers of everything get a link to its tokens; others find these on its page. */
export function ServiceAccountResult({ account, withTokens }: { account: ServiceAccountSummary; withTokens: boolean }) {
  return (
    <>
      <Name href={serviceAccountPath(account.id)} name={account.name} />
      {account.disabled && <StatusBadge status="disabled" />}
      <span class="sub">
        {withTokens ? <TokensOf owner={account} /> : count(account.tokenCount, 'token')}
        {account.description !== null && (
          <>
            {' · '}
            <ClippedText text={account.description} />
          </>
        )}
      </span>
    </>
  );
}

export function MemberResult({ user }: { user: UserSummary }) {
  return (
    <>
      <Name href={memberPath(user.id)} name={user.email} />
      {user.disabled && <StatusBadge status="disabled" />}
      <span class="sub">
        {user.name !== '' && `${user.name} · `}
        <TokensOf owner={user} />
      </span>
    </>
  );
}

export function AppResult({ app }: { app: AppRecord }) {
  return (
    <>
      <Name href={appPath(app.id)} name={app.name} />
      <span class="sub">{app.hosts.length === 0 ? 'no hosts' : <ClippedText text={app.hosts.join(', ')} />}</span>
    </>
  );
}

function Name({ href, name }: { href: string; name: string }) {
  return (
    <a href={href}>
      <bdi>{name}</bdi>
    </a>
  );
}

/** The number of an owner's tokens, which leads to them. */
function TokensOf({ owner: { email, tokenCount } }: { owner: Pick<UserSummary, 'email' | 'tokenCount'> }) {
  if (tokenCount === 0) return <>no tokens</>;
  return <a href={formatUrl({ path: allTokensPath, query: { owner: email } })}>{count(tokenCount, 'token')}</a>;
}
