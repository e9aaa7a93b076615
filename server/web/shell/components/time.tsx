import { relativeTime } from '../../../../shared/relative-time.ts';

/** A relative time such as `3 minutes ago`; its title has the exact UTC time. Times in milliseconds since the epoch. */
export function Time({ at, now }: { at: number; now: number }) {
  const exact = new Date(at).toISOString();
  return (
    <time datetime={exact} title={`${exact.slice(0, 19).replace('T', ' ')} UTC`}>
      {relativeTime(exact, new Date(now))}
    </time>
  );
}
