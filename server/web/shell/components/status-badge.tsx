/**
 * `warning` marks what somebody should look at. A pause has a reason, such as a leak, and waits for a decision. What somebody ended is
 * neutral.
 */
const colours = {
  invited: 'neutral',
  active: 'success',
  blocked: 'warning',
  disabled: 'neutral',
  'sso-stale': 'warning',
  paused: 'warning',
  expired: 'warning',
  idle: 'warning',
  revoked: 'neutral',
  orphaned: 'warning',
  pending: 'neutral',
  delivered: 'success',
  failed: 'warning',
} as const;

/** A status as a coloured badge. The word alone conveys the status, for people who cannot see the colour. */
export function StatusBadge({ status }: { status: keyof typeof colours }) {
  return <span class={`badge ${colours[status]}`}>{status}</span>;
}
