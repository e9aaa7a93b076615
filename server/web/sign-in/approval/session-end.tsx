import type { ApprovedEnd } from '../../../domain/sign-in/session-lifetimes.ts';
import { MinuteOf } from '../../shell/components/time.tsx';
import { formatLifetime } from '../../tokens/expiry-choices.ts';
import { signInAgainUrl } from '../login-page.tsx';

interface SessionEndProps {
  end: ApprovedEnd;
  /** Path of the approval page, to return to after a new sign-in. */
  returnTo: string;
}

/** Says until when an approved session can last, and offers a new sign-in if the approver's own session is the limit. */
export function SessionEnd({ end, returnTo }: SessionEndProps) {
  if (!end.limitedByApprover) {
    return (
      <p>
        This sign-in lasts until <MinuteOf at={end.at} /> at the latest.
      </p>
    );
  }
  return (
    <p>
      This sign-in lasts until <MinuteOf at={end.at} /> at the latest, because your console session ends then. To make
      it last for {formatLifetime(end.renewedSeconds)}, <a href={signInAgainUrl(returnTo)}>sign in again</a> first.
    </p>
  );
}
