import type { UsageDay } from '../../domain/tokens/usage/usage.ts';
import { useMember } from '../shell/page-context.ts';
import { formatUrl } from '../shell/page-url.ts';
import { attention, type ListCounts, maxCount } from '../tokens/list/attention.ts';
import { AttentionLine } from '../tokens/list/attention-line.tsx';
import { tokensPath } from '../tokens/token-paths.ts';
import { type Card, Cards } from './cards.tsx';
import { VerificationsChart } from './verifications-chart.tsx';

interface OwnSectionProps {
  counts: ListCounts;
  days: readonly UsageDay[];
  /** Email addresses of superusers, who can grant the permission. Empty if the member has it. */
  superusers: readonly string[];
}

/** The labels of the counts in `attention`. */
const labels = ['Expire within 7 days', 'Denied in 24 hours', 'Two values', 'Never expire'];

const shown = (found: number) => (found > maxCount ? `${maxCount.toLocaleString('en')}+` : found);

/** The state of the member's own tokens, and how they were used. */
export function OwnSection({ counts, days, superusers }: OwnSectionProps) {
  if (counts.total === 0) return <FirstToken superusers={superusers} />;
  const cards = attention.map(
    ({ values }, index): Card => ({
      label: labels[index] ?? '',
      found: shown(counts.attention[index] ?? 0),
      href: formatUrl({ path: tokensPath, query: values }),
    }),
  );
  return (
    <>
      <h2>Your tokens</h2>
      <Cards
        label="Your tokens"
        cards={[{ label: 'Tokens', found: shown(counts.total), href: tokensPath }, ...cards]}
      />
      <h2>Verifications</h2>
      <VerificationsChart days={days}>
        Requests with your tokens, by day in UTC. Those of tokens that you revoked are not included.
      </VerificationsChart>
    </>
  );
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

function FirstToken({ superusers }: Pick<OwnSectionProps, 'superusers'>) {
  const { canManageTokens } = useMember();
  return (
    <div class="empty">
      <p class="lead">{canManageTokens ? 'Create your first token' : 'You have no tokens yet.'}</p>
      <p>
        A token lets a script, a pipeline or another program call your organization's APIs as you, without your
        password.
      </p>
      {canManageTokens ? (
        <a class="button primary" href={formatUrl({ path: tokensPath, query: { dialog: 'create' } })}>
          Create new token
        </a>
      ) : (
        <p>To create one, you need a permission. Ask an Organization Superuser to grant it: {superusers.join(', ')}.</p>
      )}
    </div>
  );
}
