import type { LastUse, PreviousValue, TokenRecord } from '../../../store/records.ts';
import { ClippedText } from '../../shell/components/clipped-text.tsx';
import { Time } from '../../shell/components/time.tsx';

/** The newest use of a token, with the current value or with the old one while that works. */
export function NewestUse({ token, now }: { token: TokenRecord; now: number }) {
  const { lastUse, previous, rotatedAt } = token;
  const oldUse = previous?.lastUse ?? null;
  if (oldUse !== null && oldUse.at > (lastUse?.at ?? 0)) {
    return (
      <>
        <LastUsed use={oldUse} now={now} />
        <span class="sub">with the old value</span>
      </>
    );
  }
  if (lastUse === null && rotatedAt !== null) return <>not since the rotation</>;
  return <LastUsed use={lastUse} now={now} />;
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

/** Time, method, path and IP address of a token's last use; the user agent is in the title. */
export function LastUsed({ use, now }: { use: LastUse | null; now: number }) {
  if (use === null) return <>never</>;
  return (
    <>
      <Time at={use.at} now={now} />
      <span class="sub" title={use.userAgent ?? undefined}>
        {use.method !== null && (
          <span class="mono">
            {use.method} <ClippedText text={use.path ?? ''} />
          </span>
        )}
        {use.method !== null && use.ip !== null && ' · '}
        {use.ip}
      </span>
    </>
  );
}
