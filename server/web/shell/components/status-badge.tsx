/** `warning` marks a state that somebody should look at. A state that somebody chose, such as `paused`, is neutral. */
const colours = {
  invited: 'neutral',
  active: 'success',
  blocked: 'warning',
  disabled: 'neutral',
  'sso-stale': 'warning',
  paused: 'neutral',
  expired: 'warning',
  idle: 'warning',
  revoked: 'neutral',
  orphaned: 'warning',
} as const;

/** A status as a coloured badge. The word alone conveys the status, for people who cannot see the colour. */
export function StatusBadge({ status }: { status: keyof typeof colours }) {
  return <span class={`badge ${colours[status]}`}>{status}</span>;
}
