import { randomUUID } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import type { ClientIp } from '../client-ip.ts';
import { type AppDeps, type AppEnv, rawHeadersOf } from '../context.ts';
import { onlyValue } from '../raw-headers.ts';
import { recordedUserAgent } from '../verify/original-request.ts';

const idPattern = /^[0-9A-Za-z._=+/-]{1,128}$/;

/** The id of a request. A proxy that is trusted may bring its own. */
export function requestIdFor(clientIp: ClientIp, peer: string | undefined, brought: string | null | undefined): string {
  return brought && clientIp.isTrusted(peer) && idPattern.test(brought) ? brought : randomUUID();
}

/** Gives the request its id and its origin. */
export function identifyRequest({ clientIp }: Pick<AppDeps, 'clientIp'>): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const peer = c.env?.incoming?.socket.remoteAddress;
    const id = requestIdFor(clientIp, peer, c.req.header('x-request-id'));
    c.set('requestId', id);
    const userAgent = onlyValue(rawHeadersOf(c), 'user-agent');
    c.set('clientInfo', {
      ip: clientIp.resolve(peer, c.req.header('x-forwarded-for')),
      userAgent: userAgent === null ? null : recordedUserAgent(userAgent),
    });
    await next();
    c.header('X-Request-Id', id);
  };
}

/** Counts a request, and logs one debug line: never a query, a header or a body. */
export function logRequest({ log, metrics }: Pick<AppDeps, 'log' | 'metrics'>): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const began = performance.now();
    await next();
    const ms = Math.round(performance.now() - began);
    const { method, path } = c.req;
    metrics.responded(method, c.res.status);
    log.debug({ method, path, status: c.res.status, ms, request_id: c.get('requestId') }, 'request');
  };
}
