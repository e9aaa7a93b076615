import { count } from '../../../../shared/count.ts';
import type { Usage } from '../../../domain/tokens/usage/usage.ts';
import type { SeenCount, TokenRecord } from '../../../store/records.ts';
import { ClippedText } from '../../shell/components/clipped-text.tsx';
import { Time } from '../../shell/components/time.tsx';
import { newestUse } from '../list/last-used.tsx';

const dayMs = 24 * 60 * 60 * 1000;
/** The networks and programs that a dialog has room for. */
const maxShown = 4;

interface RecentUseProps {
  token: Pick<TokenRecord, 'lastUse' | 'previous' | 'previousUsedAt'>;
  usage: Usage;
  /** How far back it looks, such as 7. `usage` must cover these days. */
  days: number;
  now: number;
}

/** Reports whether a token was used in the last `days` days. Its last use may be newer than its counts. */
export function wasUsedLately({ token, usage, days, now }: RecentUseProps): boolean {
  const since = now - days * dayMs;
  return lastUsedAt(token) >= since || usage.seen.network.some(({ lastAt }) => lastAt >= since);
}

/** Where a token was used in the last days: its networks, and the programs that used it. */
export function RecentUse(props: RecentUseProps) {
  if (!wasUsedLately(props)) return <p>It was not used in {periodOf(props.days)}.</p>;
  return (
    <dl class="facts">
      <RecentUseFacts {...props} />
    </dl>
  );
}

function periodOf(days: number): string {
  return days === 1 ? 'the last 24 hours' : `the last ${days} days`;
}

interface EarlierUseProps extends RecentUseProps {
  /** The last days that it leaves out, because `RecentUse` shows them. Fewer than `days`. */
  after: number;
}

/** The programs and networks that `RecentUse` leaves out, because they used the token earlier in the last days. One line, or nothing. */
export function EarlierUse({ token, usage, after, days, now }: EarlierUseProps) {
  const [from, to] = [now - days * dayMs, now - after * dayMs];
  const isEarlier = (at: number) => at >= from && at < to;
  const earlier = [...usage.seen.agent, ...usage.seen.network]
    .filter(({ lastAt }) => isEarlier(lastAt))
    .sort((a, b) => b.lastAt - a.lastAt);
  const usedAt = lastUsedAt(token);
  if (earlier.length === 0 && !isEarlier(usedAt)) return null;
  const more = earlier.length - maxShown;
  return (
    <p>
      Earlier in {periodOf(days)}: {earlier.length === 0 && <Time at={usedAt} now={now} />}
      {earlier.slice(0, maxShown).map(({ value }, index) => (
        <>
          {index > 0 && ', '}
          <ClippedText text={value} />
        </>
      ))}
      {more > 0 && ` and ${more.toLocaleString('en')} more`}.
    </p>
  );
}

/** Returns the time of the last use with any value, or 0. */
function lastUsedAt(token: RecentUseProps['token']): number {
  return Math.max(newestUse(token)?.at ?? 0, token.previousUsedAt ?? 0);
}

/** The same as one of several facts. Renders nothing if the token was not used. */
export function RecentUseFacts(props: RecentUseProps) {
  const { token, usage, days, now } = props;
  const lastUse = newestUse(token);
  const usedAt = lastUsedAt(token);
  const since = now - days * dayMs;
  const latest = (values: readonly SeenCount[]) =>
    values.filter(({ lastAt }) => lastAt >= since).sort((a, b) => b.lastAt - a.lastAt);
  if (!wasUsedLately(props)) return null;
  const networks = latest(usage.seen.network);
  return (
    <>
      <dt>Used in {periodOf(days)}</dt>
      <dd>
        {networks.length === 0 && usedAt > 0 && (
          <>
            <Time at={usedAt} now={now} />
            {lastUse?.at === usedAt && lastUse.ip !== null && <> from {lastUse.ip}</>}
          </>
        )}
        <Latest values={networks} plural="networks" now={now} />
      </dd>
      {latest(usage.seen.agent).length > 0 && (
        <>
          <dt>By</dt>
          <dd>
            <Latest values={latest(usage.seen.agent)} plural="programs" now={now} />
          </dd>
        </>
      )}
    </>
  );
}

function Latest({ values, plural, now }: { values: readonly SeenCount[]; plural: string; now: number }) {
  return (
    <>
      {values.slice(0, maxShown).map(({ value, lastAt }) => (
        <div>
          <ClippedText text={value} />{' '}
          <span class="hint">
            (<Time at={lastAt} now={now} />)
          </span>
        </div>
      ))}
      {values.length > maxShown && (
        <div class="hint">and {count(values.length - maxShown, `more ${plural}`, `more ${plural}`)}</div>
      )}
    </>
  );
}
