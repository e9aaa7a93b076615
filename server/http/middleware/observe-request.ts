import { limits } from '../../../shared/limits.ts';
import type { ObservedRequest } from '../../domain/tokens/last-used.ts';
import { forwardedForOf } from '../client-ip.ts';
import { type AppContext, rawHeadersOf } from '../context.ts';
import { shorten } from '../verify/observed-request.ts';
import { onlyValue } from '../wire/raw-headers.ts';

/** Describes a request to our own API as a use of the value that it presents. Long texts are cut. */
export function observeRequest(c: AppContext): ObservedRequest {
  const rawHeaders = rawHeadersOf(c);
  const userAgent = onlyValue(rawHeaders, 'user-agent');
  return {
    method: c.req.method,
    target: shorten(c.req.path, limits.maxPathCharacters),
    peer: c.env?.incoming?.socket.remoteAddress ?? null,
    forwardedFor: forwardedForOf(rawHeaders),
    userAgent: userAgent === null ? null : shorten(userAgent, limits.maxUserAgentCharacters),
    appId: null,
    wouldDeny: null,
  };
}
