import type { PropsWithChildren } from 'hono/jsx';
import type { UsageDay } from '../../domain/tokens/usage/usage.ts';
import { formatDate } from '../shell/components/dates.ts';
import { UsageChart } from '../tokens/usage/usage-chart.tsx';

interface VerificationsChartProps {
  days: readonly UsageDay[];
  /** The list of the tokens with denied requests in these days. */
  deniedHref: string;
}

/**
 * A chart of verifications by day, with the same numbers as a table. The number of denied ones leads to the tokens. `children` say what is
 * counted.
 */
export function VerificationsChart({ days, deniedHref, children }: PropsWithChildren<VerificationsChartProps>) {
  const sum = (kind: 'allowed' | 'denied') => days.reduce((total, day) => total + day[kind], 0);
  const [allowed, denied] = [sum('allowed'), sum('denied')];
  return (
    <section class="verifications">
      <p>
        <strong>{allowed.toLocaleString('en')}</strong> allowed and{' '}
        {denied === 0 ? (
          <Denied number={denied} />
        ) : (
          <a href={deniedHref}>
            <Denied number={denied} />
          </a>
        )}{' '}
        in the last {days.length} days.{' '}
        <span class="hint">{children} Values that were never issued are not counted.</span>
      </p>
      <UsageChart days={days} what="Verifications" />
      <details>
        <summary>Show as a table</summary>
        <table class="numbers">
          <caption class="visually-hidden">Verifications by day, newest first</caption>
          <thead>
            <tr>
              {['Day', 'Allowed', 'Denied'].map((heading) => (
                <th scope="col">{heading}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.toReversed().map((day) => (
              <tr>
                <th scope="row">{formatDate(day.at)}</th>
                <td>{day.allowed.toLocaleString('en')}</td>
                <td>{day.denied.toLocaleString('en')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </section>
  );
}

function Denied({ number }: { number: number }) {
  return (
    <>
      <strong>{number.toLocaleString('en')}</strong> denied
    </>
  );
}
