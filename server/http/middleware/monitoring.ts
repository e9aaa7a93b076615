import ipaddr from 'ipaddr.js';
import { ProblemError } from '../../../shared/problem.ts';
import { isLoopback, parseUrl } from '../../../shared/urls.ts';
import type { AppContext, AppDeps } from '../context.ts';
import { unixPeer } from '../internal/unix-peer.ts';

export type MonitoringDeps = Pick<AppDeps, 'clientIp'> & { config: Pick<AppDeps['config'], 'internalListen'> };

/**
 * Requires a direct connection from a loopback or trusted address, or through a Unix socket. Rejects every forwarded request,
 * even one from a proxy on this machine, because the proxy's own client may be anyone. On loopback, and at a Unix socket that is
 * not internal, the request must also be for a loopback host. Otherwise a web page whose name resolves to this machine, or the client of a proxy that adds
 * no header field, could read the metrics.
 * @throws ProblemError `monitoring-only`
 */
export function requireMonitoring({ clientIp, config }: MonitoringDeps, c: AppContext): void {
  const peer = c.env?.incoming?.socket.remoteAddress;
  const isLoopbackPeer = isLoopbackAddress(peer) || (peer === unixPeer && config.internalListen === null);
  const isTrustedPeer = isLoopbackPeer || clientIp.isTrusted(peer);
  if (isTrustedPeer && !isForwarded(c) && (!isLoopbackPeer || isForLoopback(c))) return;
  throw new ProblemError(
    'monitoring-only',
    'Only direct connections from loopback or an address in TOKENSD_TRUSTED_PROXIES may read the metrics. Connect to 127.0.0.1, or set TOKENSD_INTERNAL_LISTEN.',
  );
}

const forwardedFields = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'forwarded', 'x-real-ip', 'via'];

/**
 * nginx before 1.29.7 forwards as HTTP/1.0 by default, without any header field that says so. Monitoring systems send HTTP/1.1. A newer
 * nginx forwards as HTTP/1.1, and without such a field its requests cannot be told from direct ones.
 */
function isForwarded(c: AppContext): boolean {
  return c.env?.incoming?.httpVersion === '1.0' || forwardedFields.some((name) => c.req.header(name) !== undefined);
}

function isLoopbackAddress(peer: string | undefined): boolean {
  return peer !== undefined && ipaddr.isValid(peer) && ipaddr.process(peer).range() === 'loopback';
}

/** The target of a request may contain a host of its own, besides the one in the `Host` field. */
function isForLoopback(c: AppContext): boolean {
  const host = c.req.header('host') ?? 'localhost';
  const hosts = [c.req.url, `http://${host}`];
  return hosts.every((url) => parseUrl(url) !== null && isLoopback(new URL(url).hostname));
}
