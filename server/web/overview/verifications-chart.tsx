import type { PropsWithChildren } from 'hono/jsx';
import type { UsageDay } from '../../domain/tokens/usage/usage.ts';
import { formatDate } from '../shell/components/dates.ts';
import { UsageChart } from '../tokens/usage/usage-chart.tsx';

/** A chart of verifications by day, with the same numbers as a table. `children` say what is counted. */
export function VerificationsChart({ days, children }: PropsWithChildren<{ days: readonly UsageDay[] }>) {
  const sum = (kind: 'allowed' | 'denied') => days.reduce((total, day) => total + day[kind], 0);
  const [allowed, denied] = [sum('allowed'), sum('denied')];
  return (
    <section class="verifications">
      <p>
        <strong>{allowed.toLocaleString('en')}</strong> allowed and <strong>{denied.toLocaleString('en')}</strong>{' '}
        denied in the last {days.length} days. <span class="hint">{children}</span>
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
