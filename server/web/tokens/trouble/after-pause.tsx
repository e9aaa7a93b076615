import type { TokenRecord } from '../../../store/records.ts';
import { MinuteOf } from '../../shell/components/time.tsx';
import { changerOf } from './changer-of.ts';

/** Reports whether a token received a new value while it was paused. The values from before that never work again. */
export function isRotatedInPause({ pausedAt, rotatedAt }: Pick<TokenRecord, 'pausedAt' | 'rotatedAt'>): boolean {
  return pausedAt !== null && rotatedAt !== null && rotatedAt > pausedAt;
}

interface AfterPauseProps {
  token: TokenRecord;
  /** Whether the reader may rotate the token now. */
  mayRotate: boolean;
}

/** Says which value works when the pause ends. The end of the pause is not the end of a leak. */
export function AfterPause({ token, mayRotate }: AfterPauseProps) {
  const { rotatedAt } = token;
  if (isRotatedInPause(token) && rotatedAt !== null) {
    return (
      <p>
        It was rotated on <MinuteOf at={rotatedAt} />, while it was paused. When the pause ends, only its new value
        works.
      </p>
    );
  }
  return <p>When the pause ends, its value works again. If the value leaked, {remedyOf(token, mayRotate)}</p>;
}

/** Says what to do about a leaked value before a token is paused. The pause comes first, because a rotation then ends the old value at once. */
export function remedyBeforePause(token: TokenRecord, mayRotate: boolean): string {
  if (token.trustId !== null) return 'If it leaked, pause the token now, then revoke it.';
  if (mayRotate) {
    return 'If it leaked, pause the token now, then rotate or revoke it. Rotating a paused token ends its old value at once.';
  }
  return `If it leaked, pause the token now. Then ${inSentence(changerOf(token))} can rotate it, or you can revoke it.`;
}

/** Nobody rotates a token that a job received. */
function remedyOf(token: TokenRecord, mayRotate: boolean): string {
  if (token.trustId !== null) return 'the token must be revoked.';
  if (mayRotate) return 'rotate or revoke the token before that. A rotation ends the old value at once.';
  return `${inSentence(changerOf(token))} can rotate the token before that, or it must be revoked.`;
}

function inSentence(start: string): string {
  return `${start.charAt(0).toLowerCase()}${start.slice(1)}`;
}
