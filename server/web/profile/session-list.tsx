import { describeUserAgent } from '../../domain/user-agent.ts';
import type { SessionRecord } from '../../store/records.ts';
import { Time } from '../shell/components/time.tsx';

interface SessionListProps {
  /** What the table shows, for screen readers. */
  caption: string;
  sessions: readonly SessionRecord[];
  currentSessionId: string;
  now: number;
  /** Returns the URL of the dialog that ends a session. Null if the reader ends none. */
  endHref: ((session: SessionRecord) => string) | null;
}

/** How many sessions are shown at first. */
const sessionsInSight = 5;

/** The sessions of one member, with a link to end each one except the current session. Those after the fifth are folded away. */
export function SessionList({ sessions, ...props }: SessionListProps) {
  const more = sessions.length - sessionsInSight;
  return (
    <>
      <SessionTable {...props} sessions={sessions.slice(0, sessionsInSight)} />
      {more > 0 && (
        <details class="more">
          <summary>Show {more} more</summary>
          <SessionTable {...props} caption={`${props.caption}, continued`} sessions={sessions.slice(sessionsInSight)} />
        </details>
      )}
    </>
  );
}

function SessionTable({ caption, sessions, currentSessionId, now, endHref }: SessionListProps) {
  return (
    <table class="list">
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Device</th>
          <th scope="col">Signed in</th>
          <th scope="col">Last used</th>
          {endHref !== null && <td />}
        </tr>
      </thead>
      <tbody>
        {sessions.map((session) => (
          <tr>
            <td data-label="Device">
              <SessionDevice session={session} />
              {session.id === currentSessionId && (
                <>
                  {' '}
                  <span class="badge success">this session</span>
                </>
              )}
            </td>
            <td data-label="Signed in">
              <Time at={session.createdAt} now={now} />
            </td>
            <td data-label="Last used">
              <Time at={session.lastSeenAt} now={now} />
            </td>
            {endHref !== null && (
              <td class="end">
                {session.id !== currentSessionId && (
                  <a
                    class="button small"
                    id={`end-${session.id}`}
                    href={endHref(session)}
                    aria-label={`End the session of ${deviceName(session)}`}
                  >
                    End
                  </a>
                )}
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The program that signed in, in words, and the IP address from which it did. The title has all that the program said of itself. */
export function SessionDevice({ session }: { session: SessionRecord }) {
  return (
    <>
      <bdi title={session.userAgent ?? undefined}>{deviceName(session)}</bdi>{' '}
      <span class="sub">
        {session.ip ?? 'Unknown IP address'}
        {session.sso && ', single sign-on'}
      </span>
    </>
  );
}

function deviceName({ userAgent }: SessionRecord): string {
  return userAgent === null ? 'Unknown device' : describeUserAgent(userAgent);
}
