import ipaddr from 'ipaddr.js';
import { ProblemError } from '../../../shared/problem.ts';
import type { AppContext, AppDeps } from '../context.ts';

/**
 * Lets through a peer on loopback or among the trusted proxies that asks for itself. Whatever was passed on by a proxy is
 * somebody else's request, wherever the proxy stands. @throws ProblemError `monitoring-only`
 */
export function requireMonitoring({ clientIp }: Pick<AppDeps, 'clientIp'>, c: AppContext): void {
  const peer = c.env?.incoming?.socket.remoteAddress;
  const passedOn = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'].some(
    (name) => c.req.header(name) !== undefined,
  );
  const known = clientIp.isTrusted(peer) || (peer !== undefined && ipaddr.process(peer).range() === 'loopback');
  if (known && !passedOn) return;
  throw new ProblemError(
    'monitoring-only',
    'Metrics are told to loopback and to the addresses in TOKENSD_TRUSTED_PROXIES.',
  );
}
