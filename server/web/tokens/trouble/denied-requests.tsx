import { count } from '../../../../shared/count.ts';
import { relativeTime } from '../../../../shared/times/relative-time.ts';
import { allowDenied } from '../../../domain/tokens/rules/allow-denied.ts';
import { ruleThatDenies } from '../../../domain/tokens/rules/request-tests/deciding-rule.ts';
import type { AppNames } from '../../../domain/tokens/rules/shown-rules.ts';
import { describeUserAgent } from '../../../domain/user-agent.ts';
import type { DeniedRequest, TokenRecord } from '../../../store/records.ts';
import { ClippedText } from '../../shell/components/clipped-text.tsx';
import { Time } from '../../shell/components/time.tsx';
import { tokenPath } from '../token-paths.ts';
import { denyReasonRemedy, denyReasonWords, type Resumer } from './deny-reasons.ts';

/** How many rows are shown at once. The others are folded away. */
const shownRows = 5;
/** Requests that were denied longer ago are folded away, because nothing may be wrong any more. */
const recentMs = 7 * 24 * 60 * 60 * 1000;

interface DeniedRequestsProps {
  requests: readonly DeniedRequest[];
  /** The names of the apps that the requests were for. */
  names: AppNames;
  /** The token that the requests presented. Null if it ended. */
  token: TokenRecord | null;
  /** Whether the reader may change the rules of the token. */
  mayEdit: boolean;
  /** Who may resume the token. */
  resumer: Resumer;
  now: number;
}

/** The last denied requests with a token, newest first. Renders nothing if there are none. */
export function DeniedRequests({ requests, now, ...props }: DeniedRequestsProps) {
  const [newest] = requests;
  if (newest === undefined) return null;
  const table = (rows: readonly RepeatedRequest[]) => <DeniedTable {...props} requests={rows} now={now} />;
  const rows = withoutRepeats(requests);
  const rest = rows.slice(shownRows);
  if (newest.at <= now - recentMs) {
    const last = relativeTime(new Date(newest.at).toISOString(), new Date(now));
    return (
      <details class="fold" id="denied">
        <summary>{`${count(requests.length, 'denied request')}, the last one ${last}`}</summary>
        {table(rows)}
      </details>
    );
  }
  return (
    <section aria-labelledby="denied">
      <h2 id="denied">Denied requests</h2>
      {table(rows.slice(0, shownRows))}
      {rest.length > 0 && (
        <details class="fold">
          <summary>{`Show ${rest.length} more`}</summary>
          {table(rest)}
        </details>
      )}
    </section>
  );
}

/** A denied request, and how often the same one was denied in a row. */
export interface RepeatedRequest extends DeniedRequest {
  times: number;
}

/** Joins requests that follow each other and differ only in their times into one row, which shows the newest. */
export function withoutRepeats(requests: readonly DeniedRequest[]): RepeatedRequest[] {
  const rows: RepeatedRequest[] = [];
  for (const request of requests) {
    const newer = rows.at(-1);
    if (newer !== undefined && isSame(newer, request)) newer.times += 1;
    else rows.push({ ...request, times: 1 });
  }
  return rows;
}

function isSame(one: DeniedRequest, other: DeniedRequest): boolean {
  return (['reason', 'appId', 'method', 'path', 'ip', 'userAgent'] as const).every((name) => one[name] === other[name]);
}

interface DeniedTableProps extends Omit<DeniedRequestsProps, 'requests'> {
  requests: readonly RepeatedRequest[];
}

/** Requests as a table. */
export function DeniedTable({ requests, ...props }: DeniedTableProps) {
  return (
    <table class="list denied">
      <caption class="visually-hidden">Denied requests, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Request</th>
          <th scope="col">Reason</th>
          <th scope="col">From</th>
          <th scope="col">Time</th>
          {props.mayEdit && <td />}
        </tr>
      </thead>
      <tbody>
        {requests.map((request) => (
          <DeniedRow {...props} request={request} />
        ))}
      </tbody>
    </table>
  );
}

interface DeniedRowProps extends Omit<DeniedRequestsProps, 'requests'> {
  request: RepeatedRequest;
}

function DeniedRow({ request, names, token, mayEdit, resumer, now }: DeniedRowProps) {
  const { at, reason, appId, method, path, ip, userAgent, times } = request;
  const app = appId === null ? undefined : names.get(appId);
  return (
    <tr>
      <th scope="row">
        {method === null && path === null ? (
          'unknown'
        ) : (
          <span class="mono">
            {method} <ClippedText text={path ?? ''} />
          </span>
        )}
        {app !== undefined && (
          <span class="sub">
            App <bdi>{app}</bdi>
          </span>
        )}
      </th>
      <td data-label="Reason">
        <Reason request={request} names={names} token={token} resumer={resumer} />
      </td>
      <td data-label="From">
        {ip ?? 'unknown'}
        {userAgent !== null && <bdi class="sub">{describeUserAgent(userAgent)}</bdi>}
      </td>
      <td data-label="Time">
        <Time at={at} now={now} />
        {times > 1 && <span class="sub">{times} times in a row</span>}
      </td>
      {mayEdit && token !== null && (
        <td class="end">
          {allowDenied(token, request) !== null && (
            <a
              href={`${tokenPath(token.id)}?dialog=edit&allow=${request.id}#added`}
              aria-label={`Allow this: ${denyReasonWords(reason)}, ${method ?? ''} ${path ?? ''}`}
            >
              Allow this…
            </a>
          )}
        </td>
      )}
    </tr>
  );
}

/** Says why a request was denied: the rule that denied it or, if no rule did, the change that would let such requests through. */
function Reason({ request, names, token, resumer }: Pick<DeniedRowProps, 'request' | 'names' | 'token' | 'resumer'>) {
  const { reason, appId } = request;
  const isForNoApp = reason === 'app' && (appId === null || !names.has(appId));
  const remedy = isForNoApp ? noApp : denyReasonRemedy(reason, resumer);
  const rule = token === null || isForNoApp ? null : ruleThatDenies(token, request, names);
  return (
    <>
      {denyReasonWords(reason)}
      {remedy !== null && <span class="sub">{remedy}</span>}
      {rule !== null && (
        <span class="sub">
          <ClippedText text={rule} />
        </span>
      )}
    </>
  );
}

/** A mistyped name is the usual cause. The request may also have been for no app, or for one that was deleted since. */
const noApp = 'It was for no registered app. Check the name of the app in the configuration of the proxy.';
