import { normalizeHost } from '../../../shared/schemas/host.ts';
import type { GateRequest } from '../../domain/tokens/verify.ts';
import { memoize } from '../../memoize.ts';
import { fieldOf, type RawHeaders } from '../wire/raw-headers.ts';
import type { FoundRoute } from './proxies.ts';

/** Returns the app that a request is for, as the path of the route or the host of the original request names it. */
export type ReadApp = (found: FoundRoute, rawHeaders: RawHeaders, isTrusted: boolean) => AskedApp;

export type AskedApp = Exclude<GateRequest['app'], undefined>;

const remembered = { maxEntries: 10_000, maxLength: 300 };

/**
 * Creates the function that reads the app. A name in the path always counts, because it is part of the proxy's configuration. A
 * host counts only if a trusted proxy sent it.
 */
export function createReadApp(): ReadApp {
  const appOfName = memoize((name): AskedApp => (isAppName(name) ? { kind: 'name', name } : 'unknown'), remembered);
  const appOfHost = memoize((text): AskedApp => {
    const host = canonicalHost(text);
    return host === null ? 'unknown' : { kind: 'host', host };
  }, remembered);
  return ({ route, appName }, rawHeaders, isTrusted) => {
    if (appName !== null) return appOfName(appName);
    const host = isTrusted ? fieldOf(rawHeaders, route.hostField) : undefined;
    if (host === undefined || host === '') return null;
    // A client that can add a second host must not turn a request for one app into a request for another, or for none.
    return host === null ? 'unknown' : appOfHost(host);
  };
}

/** Reports whether a text can be the name of an app. */
export function isAppName(text: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,62}$/.test(text);
}

/**
 * Returns the host of a `Host` field in the form in which apps store hosts, or null if proxies may read it in several ways. A name that
 * no app can have, such as `rack.7`, stays as it is.
 */
function canonicalHost(text: string): string | null {
  if (!/^[!-~]+$/.test(text)) return null;
  const host = text.replace(/:[0-9]*$/, '');
  return normalizeHost(host) ?? (/^[\w-]+(\.[\w-]+)*$/.test(host) ? host : null);
}
