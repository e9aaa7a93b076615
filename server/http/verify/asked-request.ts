import type { IncomingMessage } from 'node:http';
import { limits } from '../../../shared/limits.ts';
import type { ObservedRequest } from '../../domain/tokens/last-used.ts';
import { rawPathOf } from '../../domain/tokens/rules/evaluate.ts';
import type { AllowedRequest, GateRequest } from '../../domain/tokens/verify.ts';
import { type ClientIp, forwardedForOf } from '../client-ip.ts';
import { onlyValue, type RawHeaders } from '../wire/raw-headers.ts';
import { shorten } from './observed-request.ts';
import type { FoundRoute, OriginalRequest } from './proxies.ts';
import type { AskedApp, ReadApp } from './requested-app.ts';

interface AskedRequestDeps {
  clientIp: Pick<ClientIp, 'isTrusted' | 'reported'>;
  readApp: ReadApp;
}

const nothing: OriginalRequest = { method: null, target: null };

/**
 * The request that a proxy asks about. A proxy's report about it counts only if the proxy is trusted. Parts that most requests do not
 * need are read when they are needed.
 */
export class AskedRequest implements GateRequest {
  readonly app: AskedApp;
  readonly #original: OriginalRequest;
  readonly #peer: string | null;
  readonly #rawHeaders: RawHeaders;
  readonly #clientIp: AskedRequestDeps['clientIp'];
  /** Undefined until a rule or the last use needs it. */
  #forwardedFor: string | null | undefined;

  constructor({ clientIp, readApp }: AskedRequestDeps, found: FoundRoute, req: IncomingMessage) {
    this.#peer = req.socket.remoteAddress ?? null;
    this.#rawHeaders = req.rawHeaders;
    this.#clientIp = clientIp;
    const isTrusted = clientIp.isTrusted(this.#peer);
    this.#original = isTrusted ? found.route.readOriginal(req, found.prefix) : nothing;
    this.app = readApp(found, req.rawHeaders, isTrusted);
  }

  get method(): string | null {
    return this.#original.method;
  }

  get path(): string | null {
    const { target, isDisputed } = this.#original;
    return target === null || isDisputed === true ? null : rawPathOf(target);
  }

  get ip(): string | null {
    return this.#clientIp.reported(this.#peer, this.#readForwardedFor());
  }

  /** Finds the fields once. Both a rule about networks and the last use need them, and finding them takes time. */
  #readForwardedFor(): string | null {
    if (this.#forwardedFor === undefined) this.#forwardedFor = forwardedForOf(this.#rawHeaders);
    return this.#forwardedFor;
  }

  /**
   * Returns the data from which the last use is derived. It holds strings only, because it stays in memory until the next
   * flush and must not keep the request alive. Long texts are cut.
   */
  observe({ app, wouldDeny }: Pick<AllowedRequest, 'app' | 'wouldDeny'>): ObservedRequest {
    const { method, target, isDisputed = false } = this.#original;
    const userAgent = onlyValue(this.#rawHeaders, 'user-agent');
    return {
      method,
      target: target === null ? null : shorten(target, limits.maxPathCharacters),
      peer: this.#peer,
      forwardedFor: this.#readForwardedFor(),
      userAgent: userAgent === null ? null : shorten(userAgent, limits.maxUserAgentCharacters),
      isDisputed,
      appId: app === null ? null : app.id,
      wouldDeny,
    };
  }
}
