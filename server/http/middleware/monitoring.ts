import ipaddr from 'ipaddr.js';
import { ProblemError } from '../../../shared/problem.ts';
import type { AppContext, AppDeps } from '../context.ts';

export type MonitoringDeps = Pick<AppDeps, 'clientIp'>;

/**
 * Requires a direct connection from a loopback or trusted address. Rejects every forwarded request, even one from a
 * proxy on this machine, because the proxy's own client may be anyone.
 * @throws ProblemError `monitoring-only`
 */
export function requireMonitoring({ clientIp }: MonitoringDeps, c: AppContext): void {
  const peer = c.env?.incoming?.socket.remoteAddress;
  const isForwarded = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'].some(
    (name) => c.req.header(name) !== undefined,
  );
  const isTrustedPeer = clientIp.isTrusted(peer) || (peer !== undefined && ipaddr.process(peer).range() === 'loopback');
  if (isTrustedPeer && !isForwarded) return;
  throw new ProblemError(
    'monitoring-only',
    'Only direct connections from loopback or an address in TOKENSD_TRUSTED_PROXIES may read the metrics.',
  );
}
