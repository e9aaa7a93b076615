import { relativeTime } from '../../../../shared/relative-time.ts';

/** A relative time such as `3 minutes ago`, with the exact UTC time as its title. Both props are in milliseconds. */
export function Time({ at, now }: { at: number; now: number }) {
  const exact = new Date(at).toISOString();
  return (
    <time datetime={exact} title={utc(at)}>
      {relativeTime(exact, new Date(now))}
    </time>
  );
}

/** A relative time, with the exact UTC time below it, for pages about one thing. */
export function ExactTime({ at, now }: { at: number; now: number }) {
  return (
    <>
      <Time at={at} now={now} />
      <span class="sub">{utc(at)}</span>
    </>
  );
}

/** An exact UTC time to the minute, for text such as `until 2026-12-23 16:20 UTC`. `at` is in milliseconds. */
export function UtcTime({ at }: { at: number }) {
  return <time datetime={new Date(at).toISOString()}>{formatUtc(at)}</time>;
}

/** Formats a time in milliseconds to the minute: `2026-12-23 16:20 UTC`. */
export function formatUtc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
