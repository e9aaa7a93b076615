import type { SessionRecord } from '../../store/records.ts';
import { ConfirmDialog } from '../shell/components/form-dialog.tsx';
import { Time } from '../shell/components/time.tsx';
import { useMember } from '../shell/page-context.ts';
import { passkeysPath } from './passkeys/passkeys-page.tsx';
import { SessionDevice } from './session-list.tsx';

/** Asks for confirmation before one of the member's other sessions is ended. */
export function EndSessionDialog({ session, now }: { session: SessionRecord; now: number }) {
  return (
    <ConfirmDialog
      title="End this session?"
      closeHref={`/profile#end-${session.id}`}
      action={`/profile/sessions/${session.id}/end`}
      confirm="End session"
      danger
    >
      <p>The browser or command line that uses this session must sign in again.</p>
      <p>
        If you do not recognize the session, change your password too
        {useMember().passkeyCount > 0 && (
          <>
            , and remove the <a href={passkeysPath}>passkeys</a> that you do not recognize: they sign in without the
            password
          </>
        )}
        .
      </p>
      <p>
        <SessionDevice session={session} />{' '}
        <span class="hint">
          last used <Time at={session.lastSeenAt} now={now} />
        </span>
      </p>
    </ConfirmDialog>
  );
}

/** Asks for confirmation before all other sessions of the member are ended. */
export function EndOtherSessionsDialog() {
  return (
    <ConfirmDialog
      title="End all your other sessions?"
      closeHref="/profile#end-others"
      action="/profile/sessions/end-others"
      confirm="End all others"
      danger
    >
      <p>All your other browsers and command lines must sign in again. Your tokens keep working.</p>
    </ConfirmDialog>
  );
}
