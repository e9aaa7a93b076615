import { count } from '../../../shared/count.ts';
import type { UsageDay } from '../../domain/tokens/usage/usage.ts';
import { useMember } from '../shell/page-context.ts';
import { formatUrl } from '../shell/page-url.ts';
import { permissionLabel } from '../team/member-labels.ts';
import { type AttentionName, attention, type ListCounts, shownCount } from '../tokens/list/attention.ts';
import { AttentionLine } from '../tokens/list/attention-line.tsx';
import { tokensPath } from '../tokens/token-paths.ts';
import { type Card, Cards, usedCanariesCard } from './cards.tsx';
import { deniedWithin } from './overview-paths.ts';
import { VerificationsChart } from './verifications-chart.tsx';

interface OwnSectionProps {
  counts: ListCounts;
  days: readonly UsageDay[];
  /** Email addresses of superusers, who can grant the permission. Empty if the member has it. */
  superusers: readonly string[];
}

/** The label of each number. The first of two is for one token. */
const labels = {
  expiring: ['Expires within 7 days', 'Expire within 7 days'],
  denied: ['Had requests denied in 24 hours', 'Had requests denied in 24 hours'],
  twoValues: ['Has two values', 'Have two values'],
  neverExpiring: ['Never expires', 'Never expire'],
} as const satisfies Partial<Record<AttentionName, readonly [one: string, more: string]>>;

const hrefOf = (name: AttentionName) => formatUrl({ path: tokensPath, query: attention[name].values });

/** The state of the member's own tokens, and how they were used. */
export function OwnSection({ counts, days, superusers }: OwnSectionProps) {
  if (counts.total === 0) return <FirstToken superusers={superusers} />;
  return (
    <>
      <h2>Your tokens</h2>
      <Cards label="Your tokens" cards={cardsOf(counts)} />
      <h2>Requests</h2>
      <VerificationsChart days={days} deniedHref={formatUrl({ path: tokensPath, query: deniedWithin(days.length) })}>
        Requests with your tokens, by day in UTC. Those with canaries and with tokens that you revoked are not included.
      </VerificationsChart>
    </>
  );
}

function cardsOf({ total, attention: found }: ListCounts): Card[] {
  const all: Card = { label: total === 1 ? 'Token' : 'Tokens', found: shownCount(total), href: tokensPath };
  if (found === null) return [all];
  const more: Partial<Record<AttentionName, Card['more']>> = {
    expiring: { text: `${shownCount(found.expiringIn30Days)} within 30 days`, href: hrefOf('expiringIn30Days') },
  };
  const canaries =
    found.canaries === 0
      ? undefined
      : { text: `${count(found.canaries, 'canary', 'canaries')}, not counted elsewhere`, href: hrefOf('canaries') };
  return [
    ...usedCanariesCard(found.usedCanaries, shownCount(found.usedCanaries), hrefOf('usedCanaries')),
    { ...all, more: canaries },
    ...(Object.keys(labels) as Array<keyof typeof labels>).map(
      (name): Card => ({
        label: labels[name][found[name] === 1 ? 0 : 1],
        found: shownCount(found[name]),
        href: hrefOf(name),
        more: more[name],
      }),
    ),
  ];
}

/** The member's own tokens in one line, below what a superuser or auditor sees of all tokens. */
export function OwnLine({ counts }: Pick<OwnSectionProps, 'counts'>) {
  if (counts.total === 0) return null;
  return (
    <>
      <h2>Your tokens</h2>
      <AttentionLine path={tokensPath} counts={counts} />
    </>
  );
}

/** Leads to the form for a new token, for a member who may create one. */
export function CreateTokenLink({ primary = true }: { primary?: boolean }) {
  if (!useMember().canManageTokens) return null;
  return (
    <a
      class={primary ? 'button primary' : 'button'}
      href={formatUrl({ path: tokensPath, query: { dialog: 'create' } })}
    >
      Create token
    </a>
  );
}

function FirstToken({ superusers }: Pick<OwnSectionProps, 'superusers'>) {
  const { canManageTokens } = useMember();
  return (
    <div class="empty">
      <p class="lead">{canManageTokens ? 'Create your first token' : 'You have no tokens yet.'}</p>
      <p>A token lets a script or another program call your organization's APIs as you, without your password.</p>
      {canManageTokens ? (
        <CreateTokenLink />
      ) : (
        <p>
          To create one, you need the permission “{permissionLabel}”. Ask an Organization Superuser to grant it:{' '}
          {superusers.join(', ')}.
        </p>
      )}
    </div>
  );
}
