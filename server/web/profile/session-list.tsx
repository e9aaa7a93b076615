import type { SessionRecord } from '../../store/records.ts';
import { Clipped, Time } from '../shell/parts.tsx';

interface SessionListProps {
  sessions: SessionRecord[];
  /** The id of the one that asks. */
  current: string;
  now: number;
}

/** Where somebody is signed in, with a way to end each session but this one. */
export function SessionList({ sessions, current, now }: SessionListProps) {
  return (
    <table class="list">
      <caption class="visually-hidden">Your sessions</caption>
      <thead>
        <tr>
          <th scope="col">Where</th>
          <th scope="col">Signed in</th>
          <th scope="col">Last seen</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {sessions.map((session) => (
          <tr>
            <td data-label="Where">
              <Client session={session} />
            </td>
            <td data-label="Signed in">
              <Time at={session.createdAt} now={now} />
            </td>
            <td data-label="Last seen">
              <Time at={session.lastSeenAt} now={now} />
            </td>
            <td class="end">
              {session.id === current ? (
                <span class="badge success">this session</span>
              ) : (
                <a
                  class="button quiet danger"
                  id={`end-${session.id}`}
                  href={`/profile?dialog=end-session&id=${session.id}`}
                >
                  Sign out there
                </a>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** One session in words. */
export function Where({ session, now }: { session: SessionRecord; now: number }) {
  return (
    <>
      <Client session={session} />
      <span class="hint">
        {' '}
        last seen <Time at={session.lastSeenAt} now={now} />
      </span>
    </>
  );
}

function Client({ session: { ip, userAgent } }: { session: SessionRecord }) {
  return (
    <>
      {ip ?? 'Unknown address'} <span class="sub">{userAgent ? <Clipped text={userAgent} /> : 'Unknown program'}</span>
    </>
  );
}
