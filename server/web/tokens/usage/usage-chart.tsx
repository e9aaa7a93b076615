import type { UsageDay } from '../../../domain/tokens/usage/usage.ts';
import { formatDate } from '../../shell/components/dates.ts';

/** Height of the chart in its own units. A day is ten units wide, and the browser stretches the chart to the page. */
const chartHeight = 100;
const dayWidth = 10;
const barWidth = 8;
/** Minimum height of a bar, so that a day with few uses differs from one without any. */
const minBarHeight = 1;

/** A bar for each day: allowed uses, and denied ones on top. Its text alternative names the totals and the busiest day. */
export function UsageChart({ days, what = 'Uses' }: { days: readonly UsageDay[]; what?: string }) {
  const highest = Math.max(1, ...days.map(total));
  return (
    <figure class="chart">
      <span class="scale">{highest.toLocaleString('en')}</span>
      <svg
        role="img"
        aria-label={describe(what, days)}
        viewBox={`0 0 ${days.length * dayWidth} ${chartHeight}`}
        preserveAspectRatio="none"
      >
        {days.map((day, index) => (
          <Bar day={day} x={index * dayWidth + (dayWidth - barWidth) / 2} highest={highest} />
        ))}
      </svg>
      <figcaption>
        <span>{date(days[0])}</span>
        <span>
          <span class="key allowed" /> allowed <span class="key denied" /> denied
        </span>
        <span>{date(days.at(-1))}</span>
      </figcaption>
    </figure>
  );
}

function Bar({ day, x, highest }: { day: UsageDay; x: number; highest: number }) {
  const [allowed, denied] = [height(day.allowed, highest), height(day.denied, highest)];
  return (
    <g>
      <title>{`${date(day)}: ${count(day.allowed)} allowed, ${count(day.denied)} denied`}</title>
      <rect class="allowed" x={x} y={chartHeight - allowed} width={barWidth} height={allowed} />
      <rect class="denied" x={x} y={chartHeight - allowed - denied} width={barWidth} height={denied} />
    </g>
  );
}

/** Leaves room for the smallest bar of the other kind. */
function height(uses: number, highest: number): number {
  if (uses === 0) return 0;
  return Math.round(Math.max(minBarHeight, (uses / highest) * (chartHeight - minBarHeight)) * 100) / 100;
}

function describe(what: string, days: readonly UsageDay[]): string {
  const busiest = days.reduce((most, day) => (total(day) > total(most) ? day : most));
  const sum = (kind: 'allowed' | 'denied') => count(days.reduce((all, day) => all + day[kind], 0));
  return `${what} per day from ${date(days[0])} to ${date(days.at(-1))}: ${sum('allowed')} allowed and ${sum('denied')} denied. The most were ${count(total(busiest))} on ${date(busiest)}.`;
}

function total({ allowed, denied }: UsageDay): number {
  return allowed + denied;
}

function count(uses: number): string {
  return uses.toLocaleString('en');
}

function date(day: UsageDay | undefined): string {
  return day === undefined ? '' : formatDate(day.at);
}
