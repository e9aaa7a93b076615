import type { SessionRecord, UserSummary } from '../../../../store/records.ts';
import { SessionDevice, SessionList } from '../../../profile/session-list.tsx';
import { ConfirmDialog } from '../../../shell/components/form-dialog.tsx';
import { Time } from '../../../shell/components/time.tsx';
import { useMember } from '../../../shell/page-context.ts';
import { formatUrl, type PageUrl } from '../../../shell/page-url.ts';
import { memberName } from '../../member-labels.ts';
import { memberPath } from '../../team-paths.ts';

interface MemberSessionsProps {
  user: UserSummary;
  sessions: readonly SessionRecord[];
  currentSessionId: string;
  pageUrl: PageUrl;
  now: number;
}

/** Where a member is signed in. Superusers end one session or all of them, and auditors read the list. */
export function MemberSessions({ user, sessions, currentSessionId, pageUrl, now }: MemberSessionsProps) {
  const { superuser, id } = useMember();
  // Superusers end their own sessions on their profile, except the one that they use.
  const canEndAll = user.id !== id;
  const endHref = ({ id }: SessionRecord) => formatUrl(pageUrl, { dialog: 'end-session', session: id });
  return (
    <section aria-labelledby="sessions">
      <div class="heading">
        <h2 id="sessions">Sessions</h2>
        {superuser && sessions.length > 1 && canEndAll && (
          <a class="button quiet" id="end-sessions" href={formatUrl(pageUrl, { dialog: 'end-sessions' })}>
            End all
          </a>
        )}
      </div>
      {sessions.length === 0 ? (
        <p class="hint">This member is not signed in anywhere.</p>
      ) : (
        <SessionList
          caption={`Sessions of ${memberName(user)}`}
          sessions={sessions}
          currentSessionId={currentSessionId}
          now={now}
          endHref={superuser ? endHref : null}
        />
      )}
    </section>
  );
}

interface EndMemberSessionDialogProps {
  user: UserSummary;
  session: SessionRecord;
  pageUrl: PageUrl;
  now: number;
}

/** Asks for confirmation before one session of a member is ended. */
export function EndMemberSessionDialog({ user, session, pageUrl, now }: EndMemberSessionDialogProps) {
  return (
    <ConfirmDialog
      title={`End this session of ${memberName(user)}?`}
      closeHref={`${formatUrl(pageUrl)}#end-${session.id}`}
      action={`${memberPath(user.id)}/sessions/${session.id}/end`}
      confirm="End session"
      danger
    >
      <p>The browser or program that uses this session must sign in again. Tokens keep working.</p>
      <p>
        <SessionDevice session={session} />{' '}
        <span class="hint">
          last used <Time at={session.lastSeenAt} now={now} />
        </span>
      </p>
    </ConfirmDialog>
  );
}
