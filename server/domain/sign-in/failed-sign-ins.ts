import ipaddr from 'ipaddr.js';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import type { ClientInfo } from '../caller.ts';

type FailedSignIn = Parameters<AuditTrail['signInFailed']>[1];

/**
 * Audits a failed sign-in, unless too many were audited within the last hour. Anybody can cause these events, so their number
 * must be limited. The limits do not depend on the account: the time that a sign-in takes must not reveal a member.
 */
export type AuditFailedSignIn = (failure: FailedSignIn) => Promise<void>;

const windowSeconds = 60 * 60;
/** Per range of addresses that one client may own. */
const maxPerRange = 100;
const maxInAll = 5_000;

export function createAuditFailedSignIn({
  store,
  auditTrail,
}: {
  store: Store;
  auditTrail: Pick<AuditTrail, 'signInFailed'>;
}): AuditFailedSignIn {
  const ranges = store.limiter({ name: 'failed-range', limit: maxPerRange, windowSeconds });
  const all = store.limiter({ name: 'failed-in-all', limit: maxInAll, windowSeconds });
  return async (failure) => {
    if (!(await ranges.consume(rangeOf(failure.clientInfo))).allowed) return;
    if (!(await all.consume('all')).allowed) return;
    await auditTrail.signInFailed(store, failure);
  };
}

/** Returns the IPv4 /24 or the IPv6 /48 of a client, or `unknown`. A /48 has 65,536 of the networks that rate limits count. */
function rangeOf({ ip }: ClientInfo): string {
  if (ip === null || !ipaddr.isValid(ip)) return 'unknown';
  const address = ipaddr.process(ip);
  const kept = address.kind() === 'ipv4' ? 3 : 6;
  return ipaddr.fromByteArray(address.toByteArray().map((byte, index) => (index < kept ? byte : 0))).toString();
}
