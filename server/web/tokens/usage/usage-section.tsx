import { count } from '../../../../shared/count.ts';
import { splitRoute } from '../../../domain/tokens/usage/fold.ts';
import { splitWouldDeny, type Usage } from '../../../domain/tokens/usage/usage.ts';
import type { SeenCount, TokenRecord } from '../../../store/records.ts';
import { ClippedText } from '../../shell/components/clipped-text.tsx';
import { MinuteOf, PlainDate } from '../../shell/components/time.tsx';
import { useMember } from '../../shell/page-context.ts';
import { denyReasonWords } from '../trouble/deny-reasons.ts';
import { UsageChart } from './usage-chart.tsx';

/** The days that the page shows. */
export const shownDays = 30;
/** The rows of each table. */
const maxRows = 10;

interface UsageSectionProps {
  usage: Usage;
  token: Pick<TokenRecord, 'canary' | 'ownerKind' | 'quietNetworks'>;
  /** URL of the dialog that suggests rules from these uses. Null if the reader may not set rules. */
  narrowHref: string | null;
}

/** How a token was used: a chart of the last days, and tables of its routes, networks and user agents. */
export function UsageSection({ usage, token, narrowHref }: UsageSectionProps) {
  const { days, wouldDeny, seen } = usage;
  const sum = (kind: 'allowed' | 'denied') => days.reduce((total, day) => total + day[kind], 0);
  const isUsed = sum('allowed') + sum('denied') > 0;
  return (
    <section aria-labelledby="usage">
      <div class="heading">
        <h2 id="usage">Usage</h2>
        {narrowHref !== null && sum('allowed') > 0 && (
          <a class="button quiet" id="narrow" href={narrowHref}>
            Limit it to what it used…
          </a>
        )}
      </div>
      <p>{isUsed ? summaryOf(token, usage) : summaryOfUnused(usage)}</p>
      {wouldDeny.length > 0 && (
        <p>
          The rules that it had at the time, if applied, would have denied {count(total(wouldDeny), 'use')}
          {byReason(wouldDeny)}.
        </p>
      )}
      {token.quietNetworks && <p>No mail is sent when this token is used from a new network.</p>}
      {isUsed && <UsageChart days={days} />}
      <SeenTable heading="Route" plural="routes" values={seen.route} />
      <SeenTable
        heading="Would be denied"
        plural="routes"
        caption="Routes that the rules would deny, most used first"
        values={seen['would-deny']}
      />
      <SeenTable heading="Network" plural="networks" values={seen.network} />
      <SeenTable heading="User agent" plural="user agents" values={seen.agent} />
    </section>
  );
}

/** The number of denied requests leads to the list of them, which holds the last ones only. */
function summaryOf({ canary, ownerKind }: UsageSectionProps['token'], { days, denied, deniedRequests }: Usage) {
  const sum = (kind: 'allowed' | 'denied') => days.reduce((total, day) => total + day[kind], 0);
  const missing = 'Uses of the last minute may be missing.';
  if (canary) return `Somebody presented it ${count(sum('denied'), 'time')} in the last ${shownDays} days. ${missing}`;
  const number = `${sum('denied').toLocaleString('en')} denied`;
  const isListed = deniedRequests.length > 0;
  const { superuser, auditor } = useMember();
  const mayBeHidden = ownerKind === 'service-account' && !superuser && !auditor;
  return (
    <>
      {count(sum('allowed'), 'use')} in the last {shownDays} days, and{' '}
      {isListed && sum('denied') > 0 ? <a href="#denied">{number}</a> : number}
      {byReason(denied)}.
      {!isListed && sum('denied') > 0 && ` No details of the denied requests are left${mayBeHidden ? unseen : '.'}`}{' '}
      {missing}
    </>
  );
}

/** A maintainer does not see the requests from before a transfer. */
const unseen = ', or they are from before a transfer of the token: superusers and auditors can see those.';

/** Denied requests are listed within a second, and counted within a minute. The last ones are kept longer than the counts. */
function summaryOfUnused({ days, deniedRequests }: Usage): string {
  const denied = deniedRequests.filter(({ at }) => at >= (days[0]?.at ?? 0)).length;
  if (denied === 0) return `No use was counted in the last ${shownDays} days.`;
  return `0 uses in the last ${shownDays} days, and at least ${denied} denied. Uses are counted once a minute.`;
}

function total(counts: Usage['denied']): number {
  return counts.reduce((all, { uses }) => all + uses, 0);
}

function byReason(counts: Usage['denied']): string {
  const reasons = counts.map(({ reason, uses }) => `${uses.toLocaleString('en')} for “${denyReasonWords(reason)}”`);
  return reasons.length === 0 ? '' : ` (${reasons.join(', ')})`;
}

interface SeenTableProps {
  heading: string;
  plural: string;
  caption?: string;
  values: readonly SeenCount[];
}

function SeenTable({ heading, plural, caption = `The ${plural} with the most uses`, values }: SeenTableProps) {
  if (values.length === 0) return null;
  return (
    <>
      <table class="list">
        <caption>{caption}</caption>
        <thead>
          <tr>
            {[heading, 'Uses', 'First used', 'Last used'].map((title) => (
              <th scope="col">{title}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {values.slice(0, maxRows).map((value) => (
            <tr>
              <th scope="row">
                <Value {...value} />
              </th>
              <td data-label="Uses">{value.uses.toLocaleString('en')}</td>
              <td data-label="First used">
                <PlainDate at={value.firstAt} />
              </td>
              <td data-label="Last used">
                <MinuteOf at={value.lastAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {values.length > maxRows && (
        <p class="hint">
          These are {maxRows} of {count(values.length, plural, plural)}.
        </p>
      )}
    </>
  );
}

function Value({ kind, value }: Pick<SeenCount, 'kind' | 'value'>) {
  if (kind !== 'route' && kind !== 'would-deny') return <ClippedText text={value} />;
  const { method, path, reason } = kind === 'route' ? { ...splitRoute(value), reason: null } : splitWouldDeny(value);
  return (
    <>
      <span class="mono">
        {method} <ClippedText text={path} />
      </span>
      {reason !== null && ` (${denyReasonWords(reason)})`}
    </>
  );
}
