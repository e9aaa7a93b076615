import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { limits } from '../../../shared/limits.ts';
import type { AppContext, AppEnv } from '../context.ts';

/**
 * Returns middleware that responds with `onError` to a body over the limit. It trusts a declared `Content-Length`, which
 * Node enforces, and measures only bodies without one. Hono's own middleware opens every body as a stream, which costs more
 * than the rest of the request.
 */
export function limitBody(
  onError: (c: AppContext) => Response | Promise<Response>,
  maxSize: number = limits.maxBodyBytes,
): MiddlewareHandler<AppEnv> {
  const measure = bodyLimit({ maxSize, onError: (c) => onError(c as AppContext) });
  return async (c, next) => {
    const length = c.req.header('content-length');
    if (length === undefined || c.req.header('transfer-encoding') !== undefined) return measure(c, next);
    if (Number(length) > maxSize) return onError(c);
    return next();
  };
}
