import { randomUUID } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import type { ClientIp } from '../client-ip.ts';
import { type AppDeps, type AppEnv, rawHeadersOf } from '../context.ts';
import { normalizeUserAgent } from '../verify/observed-request.ts';
import { onlyValue } from '../wire/raw-headers.ts';

const requestIdPattern = /^[0-9A-Za-z._=+/-]{1,128}$/;

/** Returns the `X-Request-Id` that a trusted proxy sent, or a new one. */
export function requestIdFor(clientIp: ClientIp, peer: string | undefined, sent: string | null | undefined): string {
  return sent && clientIp.isTrusted(peer) && requestIdPattern.test(sent) ? sent : randomUUID();
}

/** Returns middleware that sets the request ID and the client info. */
export function identifyRequest({ clientIp }: Pick<AppDeps, 'clientIp'>): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const peer = c.env?.incoming?.socket.remoteAddress;
    const id = requestIdFor(clientIp, peer, c.req.header('x-request-id'));
    c.set('requestId', id);
    const userAgent = onlyValue(rawHeadersOf(c), 'user-agent');
    c.set('clientInfo', {
      ip: clientIp.resolve(peer, c.req.header('x-forwarded-for')),
      userAgent: userAgent === null ? null : normalizeUserAgent(userAgent),
    });
    await next();
    c.header('X-Request-Id', id);
  };
}

/** Returns middleware that counts each request and logs one debug line, which never holds a query, a header or a body. */
export function logRequest({
  log,
  metrics,
  failureLog,
}: Pick<AppDeps, 'log' | 'metrics' | 'failureLog'>): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const startedAt = performance.now();
    await next();
    const ms = Math.round(performance.now() - startedAt);
    const { method, path } = c.req;
    metrics.countResponse(method, c.res.status);
    // These requests cannot succeed without the database: one of a member or a management key, and the check of readiness.
    const usedDatabase = c.get('operator') !== undefined || path === '/readyz';
    if (usedDatabase && c.res.status < 400) failureLog.succeeded(method);
    log.debug({ method, path, status: c.res.status, ms, request_id: c.get('requestId') }, 'request');
  };
}
