import type { SessionRecord } from '../../store/records.ts';
import { ClippedText } from '../shell/components/clipped-text.tsx';
import { Time } from '../shell/components/time.tsx';

interface SessionListProps {
  sessions: SessionRecord[];
  currentSessionId: string;
  now: number;
}

/** A table of the member's sessions, with a link to end each one except the current session. */
export function SessionList({ sessions, currentSessionId, now }: SessionListProps) {
  return (
    <table class="list">
      <caption class="visually-hidden">Your sessions</caption>
      <thead>
        <tr>
          <th scope="col">Device</th>
          <th scope="col">Signed in</th>
          <th scope="col">Last active</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {sessions.map((session) => (
          <tr>
            <td data-label="Device">
              <SessionDevice session={session} />
            </td>
            <td data-label="Signed in">
              <Time at={session.createdAt} now={now} />
            </td>
            <td data-label="Last active">
              <Time at={session.lastSeenAt} now={now} />
            </td>
            <td class="end">
              {session.id === currentSessionId ? (
                <span class="badge success">current session</span>
              ) : (
                <a
                  class="button quiet danger"
                  id={`end-${session.id}`}
                  href={`/profile?dialog=end-session&id=${session.id}`}
                >
                  End session
                </a>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** IP address and user agent of the device that signed in. */
export function SessionDevice({ session: { ip, userAgent } }: { session: SessionRecord }) {
  return (
    <>
      {ip ?? 'Unknown IP address'}{' '}
      <span class="sub">{userAgent ? <ClippedText text={userAgent} /> : 'Unknown device'}</span>
    </>
  );
}
