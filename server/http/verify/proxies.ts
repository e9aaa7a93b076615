import type { IncomingMessage } from 'node:http';
import type { VerificationRoute } from '../../observability/verification-metrics.ts';
import { onlyValue } from '../raw-headers.ts';
import type { ChallengeChoice } from './denial.ts';

/** The request that a proxy asks about, as the client sent it to the proxy. A part that the proxy did not send is null. */
export interface OriginalRequest {
  method: string | null;
  /** A request target in origin-form (RFC 9112 §3.2.1). */
  target: string | null;
}

/** How one kind of proxy asks for a verdict. */
export interface VerifyRoute {
  name: VerificationRoute;
  /** Reports whether a path, exactly as it was sent, belongs to this route. */
  matches(path: string): boolean;
  /** Whether the proxy's configuration determines the query. Otherwise the query is part of the original request. */
  hasOwnQuery: boolean;
  /** Reads the original request. Use the result only if the peer is a trusted proxy. */
  readOriginal(req: Pick<IncomingMessage, 'rawHeaders' | 'method' | 'url'>): OriginalRequest;
}

const extAuthzPrefix = '/verify/ext-authz';

export const verifyRoutes: readonly VerifyRoute[] = [
  /** nginx `auth_request` and ingress-nginx. The URI takes precedence over the full URL. */
  {
    name: 'auth-request',
    matches: (path) => path === '/verify/auth-request',
    hasOwnQuery: true,
    readOriginal({ rawHeaders }) {
      const target = onlyValue(rawHeaders, 'x-original-uri') ?? onlyValue(rawHeaders, 'x-original-url');
      return {
        method: onlyValue(rawHeaders, 'x-original-method'),
        target: target === null ? null : originForm(target),
      };
    },
  },
  /** Caddy `forward_auth` and Traefik ForwardAuth. */
  {
    name: 'forward-auth',
    matches: (path) => path === '/verify/forward-auth',
    hasOwnQuery: true,
    readOriginal({ rawHeaders }) {
      const target = onlyValue(rawHeaders, 'x-forwarded-uri');
      return {
        method: onlyValue(rawHeaders, 'x-forwarded-method'),
        target: target === null ? null : originForm(target),
      };
    },
  },
  /** Envoy HTTP ext_authz. It repeats the original request line and puts a prefix before the path. */
  {
    name: 'ext-authz',
    matches: (path) => path === extAuthzPrefix || path.startsWith(`${extAuthzPrefix}/`),
    hasOwnQuery: false,
    readOriginal({ method = '', url = '' }) {
      const target = originForm(url).slice(extAuthzPrefix.length);
      return { method, target: target.startsWith('/') ? target : `/${target}` };
    },
  },
];

/** Returns the verification route that a request target names, if any. */
export function findVerifyRoute(target: string): VerifyRoute | undefined {
  const path = pathOf(originForm(target));
  return verifyRoutes.find((route) => route.matches(path));
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

/** Returns a target without its query and fragment. */
export function pathOf(target: string): string {
  const end = target.search(/[?#]/);
  return end < 0 ? target : target.slice(0, end);
}
