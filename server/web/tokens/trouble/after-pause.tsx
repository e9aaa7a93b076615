import { memberIdOf } from '../../../pseudonym.ts';
import type { TokenRecord } from '../../../store/records.ts';
import { MinuteOf } from '../../shell/components/time.tsx';
import { useMember } from '../../shell/page-context.ts';
import { changerOf, isForSuperusers, keeperOf } from './changer-of.ts';

/** Reports whether a token received a new value while it was paused. The values from before that never work again. */
export function isRotatedInPause({ pausedAt, rotatedAt }: Pick<TokenRecord, 'pausedAt' | 'rotatedAt'>): boolean {
  return pausedAt !== null && rotatedAt !== null && rotatedAt > pausedAt;
}

interface AfterPauseProps {
  token: TokenRecord;
  /** Whether the reader may rotate the token now. */
  mayRotate: boolean;
  /** Whether the reader may revoke the token. */
  mayRevoke: boolean;
}

/** Says which value works when the pause ends, and what to do until then. The end of the pause is not the end of a leak. */
export function AfterPause({ token, mayRotate, mayRevoke }: AfterPauseProps) {
  const { rotatedAt, trustId } = token;
  if (isRotatedInPause(token) && rotatedAt !== null) {
    return (
      <p>
        It was rotated on <MinuteOf at={rotatedAt} />, while it was paused. When the pause ends, only its new value
        works. <AfterRotation token={token} mayRotate={mayRotate} />
      </p>
    );
  }
  const revokers = `${keeperOf(token)} or an Organization Superuser`;
  // Nobody rotates a token that a job received.
  if (trustId !== null) {
    return (
      <p>
        When the pause ends, its value works again.{' '}
        {mayRevoke ? 'If it leaked, revoke the token.' : `If it leaked, ${inSentence(revokers)} must revoke the token.`}
      </p>
    );
  }
  return (
    <p>
      When the pause ends, its value works again. If it leaked,{' '}
      {mayRotate ? 'rotate the token' : `${inSentence(changerOf(token))} can rotate the token`} before that.{' '}
      {rotationEnds} <AfterRotation token={token} mayRotate={mayRotate} />{' '}
      {mayRevoke ? revokeUnneeded : `${revokers} can also revoke it.`}
    </p>
  );
}

const rotationEnds = 'A rotation ends the old value at once.';
const revokeUnneeded = 'If nothing needs the token, revoke it.';

/** The steps after the rotation of a paused token, for its owner. */
export const afterOwnRotation = `${rotationEnds} Give its program the new value, then resume the token. ${revokeUnneeded}`;

const resumeAfterRotation = 'Resume the token once its program has the new value.';
/** The same for a superuser, after a sentence about the owner who rotates it. */
export const afterRotationByOwner = `${resumeAfterRotation} ${revokeUnneeded}`;

/** Says what to do about a leaked value before a token is paused. The pause comes first, because a rotation then ends the old value at once. */
export function remedyBeforePause(token: TokenRecord, mayRotate: boolean, superuser: boolean): string {
  if (token.trustId !== null) return 'If the value leaked, pause the token now, then revoke it.';
  if (mayRotate) return `If the value leaked, pause the token now, then rotate it. ${afterOwnRotation}`;
  const then = superuser ? `can rotate it. ${afterRotationByOwner}` : `can rotate and resume it. ${revokeUnneeded}`;
  return `If the value leaked, pause the token now. Then ${inSentence(changerOf(token))} ${then}`;
}

/** Says what follows a rotation. Renders nothing for a reader who neither rotates nor resumes the token. */
function AfterRotation({ token, mayRotate }: Pick<AfterPauseProps, 'token' | 'mayRotate'>) {
  const { superuser } = useMember();
  if (mayRotate) {
    return (
      <>
        Give its program the new value, then <ResumeStep token={token} />.
      </>
    );
  }
  return <>{superuser && resumeAfterRotation}</>;
}

/** How the one who rotated a paused token gets it resumed, as the end of a sentence. It names the superuser who paused the token. */
export function ResumeStep({ token }: { token: TokenRecord }) {
  const { superuser } = useMember();
  const { pausedByEmail, pausedByKind, pausedById, pausedBySuperuser, ownerId } = token;
  if (superuser || !isForSuperusers(token, 'paused')) return <>resume the token</>;
  const isNamed = pausedBySuperuser && pausedByKind === 'user' && pausedByEmail !== null && pausedById !== ownerId;
  return (
    <>
      ask an Organization Superuser
      {isNamed && memberIdOf(pausedByEmail) === pausedByEmail && (
        <>
          , such as <bdi>{pausedByEmail}</bdi>,
        </>
      )}{' '}
      to resume the token
    </>
  );
}

function inSentence(start: string): string {
  return `${start.charAt(0).toLowerCase()}${start.slice(1)}`;
}
