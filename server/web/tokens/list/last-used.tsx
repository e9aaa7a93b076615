import type { LastUse, TokenRecord } from '../../../store/records.ts';
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
