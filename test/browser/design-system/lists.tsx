import type { StatusContext } from '../../../server/store/records.ts';
import { Cards } from '../../../server/web/overview/cards.tsx';
import { VerificationsChart } from '../../../server/web/overview/verifications-chart.tsx';
import { Chips, ClippedText } from '../../../server/web/shell/components/clipped-text.tsx';
import { EmptyList, NothingMatches } from '../../../server/web/shell/components/lists/empty-list.tsx';
import { NextPageLink } from '../../../server/web/shell/components/next-page-link.tsx';
import { RowMenu } from '../../../server/web/shell/components/row-menu.tsx';
import { StatusBadge } from '../../../server/web/shell/components/status-badge.tsx';
import {
  ClockOf,
  DateOf,
  ExactTime,
  Expiry,
  MinuteOf,
  PlainDate,
  RowsWithLinks,
  Time,
} from '../../../server/web/shell/components/time.tsx';
import { ObjectHeading } from '../../../server/web/shell/object-heading.tsx';
import { FilterChips } from '../../../server/web/tokens/all/filter-form.tsx';
import { AttentionLine } from '../../../server/web/tokens/list/attention-line.tsx';
import { TokenList } from '../../../server/web/tokens/token-list.tsx';
import { days, now, tokens } from './samples.ts';

type Status = Parameters<typeof StatusBadge>[0]['status'];
/** TypeScript requires every status here. */
const statuses: Record<Status, true> = {
  ...{ invited: true, active: true, blocked: true, disabled: true, 'sso-stale': true, paused: true },
  ...{ expired: true, idle: true, revoked: true, orphaned: true },
  ...{ pending: true, delivered: true, failed: true },
};
const context: StatusContext = { now };
const hour = 3_600_000;
const names = new Map<string, string>();
const path = '/organization/tokens';

function BadgesAndTimes() {
  const times = [now - 60_000, now - 47 * hour, now - 400 * hour];
  return (
    <>
      <h2>Badges</h2>
      <p class="sample row">
        {(Object.keys(statuses) as Status[]).map((status) => (
          <StatusBadge status={status} />
        ))}
        {['', 'success', 'warning', 'danger'].map((tone) => (
          <span class={`badge ${tone}`}>{tone || 'plain'}</span>
        ))}
      </p>
      <h2>Times</h2>
      <dl class="sample facts">
        {times.map((at) => (
          <>
            <dt>Time</dt>
            <dd>
              <Time at={at} now={now} />
            </dd>
            <dt>ExactTime</dt>
            <dd>
              <ExactTime at={at} now={now} />
            </dd>
          </>
        ))}
        {[null, now + 3 * hour, now + 120 * hour, now + 500 * hour, now + 9_000 * hour, now - hour].map((at) => (
          <>
            <dt>Expiry</dt>
            <dd>
              <Expiry at={at} now={now} />
            </dd>
          </>
        ))}
        <dt>DateOf, PlainDate, MinuteOf, ClockOf</dt>
        <dd>
          <DateOf at={now} />, <PlainDate at={now} />, <MinuteOf at={now} />, <ClockOf at={now} />
        </dd>
        <dt>ClippedText</dt>
        <dd>
          <ClippedText text={`/api/${'deployments/'.repeat(20)}`} />
        </dd>
        <dt>Chips</dt>
        <dd>
          <Chips texts={['developers', 'on-call, night', 'W'.repeat(64)]} />
        </dd>
      </dl>
      <table class="list">
        <caption class="visually-hidden">A row whose link shows its times</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Last used</th>
          </tr>
        </thead>
        <RowsWithLinks>
          <tr>
            <th scope="row">
              <a href={path}>ci-pipeline</a>
            </th>
            <td>
              <Time at={now - hour} now={now} />
            </td>
          </tr>
        </RowsWithLinks>
      </table>
    </>
  );
}

const attentionCounts = {
  ...{ usedCanaries: 1, expiring: 3, expiringIn30Days: 12, denied: 1 },
  ...{ twoValues: 1, neverExpiring: 640, canaries: 2 },
};

function Tables() {
  const actions = { actsAsOwner: true, revokeHref: path };
  return (
    <>
      <h2>Lists</h2>
      <FilterChips path={path} values={{ q: 'ci', status: 'active', two_values: 'true' }} errors={{}} />
      <AttentionLine path={path} counts={{ total: 10_001, attention: attentionCounts, asOf: now - 60_000 }} />
      <TokenList
        caption="Tokens in each state"
        tokens={tokens}
        names={names}
        statusContext={context}
        withOwners
        sorting={{ listUrl: { path, query: { sort: 'name' } }, total: 13 }}
        selection={{ preselected: 'none', listUrl: { path, query: {} } }}
        actionsOf={() => actions}
      />
      <NextPageLink href={path} />
      <ObjectHeading
        back={{ href: path, text: 'Back to the list' }}
        name="Something with four actions"
        actions={[
          { id: 'sample-edit', href: path, label: 'Edit' },
          { post: path, label: 'Send a test event' },
          { id: 'sample-rotate', href: path, label: 'Rotate secret' },
          { id: 'sample-delete', href: path, label: 'Delete', danger: true },
        ]}
      />
      <p class="sample row">
        <RowMenu id="sample" name="ci-pipeline" items={[{ href: path, label: 'Open' }]} />
      </p>
      <h2>Empty lists</h2>
      <NothingMatches lead="No tokens match." clearHref={path} />
      <br />
      <EmptyList lead="You have no tokens yet.">
        <p>A token lets a script call your organization's APIs as you, without your password.</p>
        <a class="button primary" href={path}>
          Create token
        </a>
      </EmptyList>
    </>
  );
}

function Charts() {
  const card = { href: path, label: 'Expire within 7 days' };
  return (
    <>
      <h2>Numbers and charts</h2>
      <Cards
        label="Numbers"
        cards={[
          { ...card, found: 3 },
          { ...card, label: 'Denied in 24 hours', found: 0 },
          { ...card, label: 'Never expire', hint: 'Nothing replaces their values.', found: '10,000+' },
          { ...card, label: 'Two values', found: 1 },
          { ...card, label: 'Never used', found: 12 },
        ]}
      />
      <VerificationsChart days={days} deniedHref="#">
        All tokens, by day in UTC.
      </VerificationsChart>
    </>
  );
}

/** Badges, times, lists, empty lists, numbers and charts. */
export function Lists() {
  return (
    <>
      <BadgesAndTimes />
      <Tables />
      <Charts />
    </>
  );
}
