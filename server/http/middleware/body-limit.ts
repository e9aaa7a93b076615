import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { limits } from '../../../shared/limits.ts';
import type { AppContext, AppEnv } from '../context.ts';

/**
 * Refuses bodies over the limit. A length that is declared is enough: Hono's own middleware would open the body for it,
 * and a body that was opened is read as a stream, which takes much longer than all the rest.
 */
export function limitBody(onError: (c: AppContext) => Response | Promise<Response>): MiddlewareHandler<AppEnv> {
  const measured = bodyLimit({ maxSize: limits.bodyBytes, onError: (c) => onError(c as AppContext) });
  return async (c, next) => {
    const length = c.req.header('content-length');
    if (length === undefined || c.req.header('transfer-encoding') !== undefined) return measured(c, next);
    if (Number(length) > limits.bodyBytes) return onError(c);
    return next();
  };
}
