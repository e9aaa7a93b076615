import type { IncomingMessage } from 'node:http';
import type { VerificationRoute } from '../../observability/verification-metrics.ts';
import { onlyValue } from '../wire/raw-headers.ts';
import type { ChallengeChoice } from './denial.ts';

/** The request that a proxy asks about, as the client sent it to the proxy. A part that the proxy did not send is null. */
export interface OriginalRequest {
  method: string | null;
  /** A request target in origin-form (RFC 9112 §3.2.1). */
  target: string | null;
  /**
   * Whether the target may differ from the one that the upstream server gets, because a client chose a part of it. Rules must not
   * trust it.
   */
  isDisputed?: boolean;
}

/** How one kind of proxy asks for a verdict. */
export interface VerifyRoute {
  name: VerificationRoute;
  /** Whether the proxy's configuration determines the query. Otherwise the query is part of the original request. */
  hasOwnQuery: boolean;
  /** The field in which the proxy sends the host of the original request, in lower case. */
  hostField: string;
  /** Reads the original request. `prefix` is the path of the route. Use the result only if the peer is a trusted proxy. */
  readOriginal(req: Pick<IncomingMessage, 'rawHeaders' | 'method' | 'url'>, prefix: string): OriginalRequest;
}

/** A verification route, and what its path says. */
export interface FoundRoute {
  route: VerifyRoute;
  /** The path of the route, without the target that follows it for Envoy. */
  prefix: string;
  /** The name of the app in `/verify/apps/NAME/…`, as it was sent. Null if the path names none. */
  appName: string | null;
}

export const verifyRoutes = {
  /** nginx `auth_request` and ingress-nginx. The URI takes precedence over the full URL. */
  'auth-request': {
    name: 'auth-request',
    hasOwnQuery: true,
    hostField: 'x-original-host',
    readOriginal({ rawHeaders }) {
      const uri = onlyValue(rawHeaders, 'x-original-uri');
      const url = onlyValue(rawHeaders, 'x-original-url');
      const target = uri ?? url;
      return {
        method: onlyValue(rawHeaders, 'x-original-method'),
        target: target === null ? null : originForm(target),
        // A proxy sets one of them, and passes on the other one as a client sent it.
        isDisputed: uri !== null && url !== null ? originForm(url) !== uri : url !== null && !hasPath(url),
      };
    },
  },
  /** Caddy `forward_auth` and Traefik ForwardAuth. */
  'forward-auth': {
    name: 'forward-auth',
    hasOwnQuery: true,
    hostField: 'x-forwarded-host',
    readOriginal({ rawHeaders }) {
      const target = onlyValue(rawHeaders, 'x-forwarded-uri');
      return {
        method: onlyValue(rawHeaders, 'x-forwarded-method'),
        target: target === null ? null : originForm(target),
      };
    },
  },
  /** Envoy HTTP ext_authz. It repeats the original request line and puts a prefix before the path. */
  'ext-authz': {
    name: 'ext-authz',
    hasOwnQuery: false,
    hostField: 'host',
    readOriginal({ method = '', url = '' }, prefix) {
      const target = originForm(url).slice(prefix.length);
      return { method, target: target.startsWith('/') ? target : `/${target}` };
    },
  },
} satisfies Record<string, VerifyRoute>;

const routesByName: ReadonlyMap<string, VerifyRoute> = new Map(Object.entries(verifyRoutes));

/** The routes without the name of an app in their paths. */
const plainRoutes: ReadonlyMap<string, FoundRoute> = new Map(
  Object.values(verifyRoutes).map((route) => {
    const prefix = `/verify/${route.name}`;
    return [prefix, { route, prefix, appName: null }];
  }),
);
const plainExtAuthz = plainRoutes.get('/verify/ext-authz');

/** Returns the verification route that a request target names, if any. */
export function findVerifyRoute(target: string): FoundRoute | undefined {
  const path = pathOf(originForm(target));
  if (!path.startsWith('/verify/')) return undefined;
  return plainRoutes.get(path) ?? (path.startsWith('/verify/ext-authz/') ? plainExtAuthz : findAppRoute(path));
}

const appPrefix = '/verify/apps/';

/** Any one segment counts as a name, so that a misspelled one is denied. A 404 would be an outage to the proxy. */
function findAppRoute(path: string): FoundRoute | undefined {
  const nameEnd = path.startsWith(appPrefix) ? path.indexOf('/', appPrefix.length) : -1;
  if (nameEnd < 0) return undefined;
  const appName = path.slice(appPrefix.length, nameEnd);
  const routeEnd = path.indexOf('/', nameEnd + 1);
  const prefix = routeEnd < 0 ? path : path.slice(0, routeEnd);
  const route = routesByName.get(prefix.slice(nameEnd + 1));
  // Only Envoy repeats the target of the original request.
  return route === undefined || (routeEnd >= 0 && route.hasOwnQuery) ? undefined : { route, prefix, appName };
}

/** Returns which challenges a request to this route asks for: `?challenge=basic`, or any. */
export function challengeChoiceOf({ hasOwnQuery }: VerifyRoute, target: string): ChallengeChoice {
  const query = hasOwnQuery ? /^[^?#]*\?([^#]*)/.exec(target)?.[1] : undefined;
  if (query === undefined) return 'any';
  return new URLSearchParams(query).get('challenge')?.toLowerCase() === 'basic' ? 'basic' : 'any';
}

/** Removes scheme and authority from an absolute-form target or a URL. Normalizes nothing else. */
export function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target)?.[0];
  if (authority === undefined) return target;
  const rest = target.slice(authority.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Reports whether a URL names its path. A client that puts `?` into its `Host` could otherwise turn each path into `/`. */
function hasPath(url: string): boolean {
  return /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)?\//i.test(url);
}

/** Returns a target without its query and fragment. */
export function pathOf(target: string): string {
  const end = target.search(/[?#]/);
  return end < 0 ? target : target.slice(0, end);
}
