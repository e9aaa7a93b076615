import type { LastUse, PreviousValue, TokenRecord } from '../../../store/records.ts';
import { ClippedText } from '../../shell/components/clipped-text.tsx';
import { Time } from '../../shell/components/time.tsx';

type UsedToken = Pick<TokenRecord, 'lastUse' | 'previous' | 'previousUsedAt' | 'rotatedAt'>;

/**
 * The newest use of a token, with any of its values. For a use before the last rotation, only the time is known, unless the old
 * value was used again since.
 */
export function NewestUse({ token, now }: { token: UsedToken; now: number }) {
  const { lastUse, previousUsedAt, rotatedAt } = token;
  const newest = newestUse(token);
  if (previousUsedAt !== null && previousUsedAt > (newest?.at ?? 0)) {
    return (
      <>
        <Time at={previousUsedAt} now={now} />
        <span class="sub">{previousUsedAt <= (rotatedAt ?? 0) ? 'before the rotation' : 'with an old value'}</span>
      </>
    );
  }
  return (
    <>
      <LastUsed use={newest} now={now} />
      {newest !== lastUse && <span class="sub">with the old value</span>}
    </>
  );
}

/** Returns the newest use that is known as a whole, with the current value or the old one. */
export function newestUse({ lastUse, previous }: Pick<TokenRecord, 'lastUse' | 'previous'>): LastUse | null {
  const oldUse = previous?.lastUse ?? null;
  return oldUse !== null && oldUse.at > (lastUse?.at ?? 0) ? oldUse : lastUse;
}

/** The last use of each value, while two work. */
export function UseOfEach({ token, previous, now }: { token: TokenRecord; previous: PreviousValue; now: number }) {
  return (
    <>
      {token.lastUse === null ? 'not since the rotation' : <LastUsed use={token.lastUse} now={now} />}
      <span class="sub">
        old value: {previous.lastUse === null ? 'not since the rotation' : <Time at={previous.lastUse.at} now={now} />}
      </span>
    </>
  );
}

/** Time, method and path, and IP address of a token's last use, each on a line; their titles have all of the path, and the user agent. */
export function LastUsed({ use, now }: { use: LastUse | null; now: number }) {
  if (use === null) return <>never</>;
  const { method, path, ip, userAgent } = use;
  return (
    <>
      <Time at={use.at} now={now} />{' '}
      {method !== null && (
        <span class="sub" title={`${method} ${path ?? ''}`}>
          <span class="mono">
            {method} <ClippedText text={path ?? ''} />
          </span>
        </span>
      )}{' '}
      {ip !== null && (
        <span class="sub" title={userAgent === null ? ip : `${ip} · ${userAgent}`}>
          {ip}
        </span>
      )}
    </>
  );
}
