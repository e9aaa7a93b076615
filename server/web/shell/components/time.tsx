import { relativeTime } from '../../../../shared/relative-time.ts';

/** A relative time such as `3 minutes ago`, with the exact UTC time as its title. Both props are in milliseconds. */
export function Time({ at, now }: { at: number; now: number }) {
  const exact = new Date(at).toISOString();
  return (
    <time datetime={exact} title={`${exact.slice(0, 19).replace('T', ' ')} UTC`}>
      {relativeTime(exact, new Date(now))}
    </time>
  );
}
