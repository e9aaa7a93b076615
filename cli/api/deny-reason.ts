import { notTokensd, type ReceivedResponse } from './responses.ts';

const denyReasons = [
  'unknown',
  'revoked',
  'rotated',
  'expired',
  'idle',
  'paused',
  'blocked',
  'disabled',
  'sso-stale',
] as const;

export type DenyReason = (typeof denyReasons)[number];

/** Returns why the daemon denied the token that a request presented. @throws CliError `not-tokensd` without a reason. */
export function readDenyReason({ headers }: Pick<ReceivedResponse, 'headers'>): DenyReason {
  const reason = denyReasons.find((known) => known === headers.get('x-tokens-reason'));
  if (reason === undefined) throw notTokensd();
  return reason;
}
