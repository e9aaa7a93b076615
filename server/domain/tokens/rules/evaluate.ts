import { type AllowLine, allowsMethod, allowsPath } from './allow-line.ts';
import { isAmbiguousPath } from './ambiguous-path.ts';
import { isInNetworks, type Network } from './networks.ts';
import type { ParsedRules } from './token-rules.ts';

/**
 * Why an active token may not make a request. `group`: the owner is in none of the groups of the app. `management`: the token is a
 * management key, which works at the API only.
 */
export type ForbidReason = 'app' | 'group' | 'method' | 'path' | 'network' | 'management';

/** The app that a request is for. `unknown`: the proxy named an app that does not exist. */
export type RequestedApp = 'unknown' | { readonly id: string; readonly groups: readonly string[] };

/**
 * The request that rules are evaluated against. A part is null if no trusted proxy sent it. Each rule that needs the part then
 * denies the request. A null app means that the request is for no app. A part is undefined if the caller did not ask about it. The
 * request is then denied only if the rules deny it for every value of that part.
 */
export interface RuleRequest {
  readonly app?: RequestedApp | null | undefined;
  /** The groups of the token's owner. */
  readonly ownerGroups: readonly string[];
  readonly method?: string | null | undefined;
  /** The raw path without its query. Each character is one byte. See `rawPathOf`. */
  readonly path?: string | null | undefined;
  /** The client's address in canonical form (RFC 5952). */
  readonly ip?: string | null | undefined;
}

/** `denied`: why the request is denied. `wouldDeny`: why it would be, if the token's rules were enforced. */
export interface RuleOutcome {
  readonly denied: ForbidReason | null;
  readonly wouldDeny: ForbidReason | null;
}

const allowed: RuleOutcome = { denied: null, wouldDeny: null };

/** Methods that change nothing (RFC 9110 §9.2.1, RFC 4918 §9.1, RFC 3253 §3.6, RFC 5323 §2, the QUERY method). */
export const readOnlyMethods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'PROPFIND',
  'REPORT',
  'SEARCH',
  'QUERY',
]);

/**
 * Decides whether a token with these rules may make a request. Rules that are not enforced deny nothing. An unknown app, and
 * an app for other groups, deny the request anyway, because they are not rules of the token.
 */
export function judgeRequest(rules: ParsedRules | null, request: RuleRequest): RuleOutcome {
  if (rules === null && request.app == null) return allowed;
  if (rules === null || rules.enforce) {
    const denied = evaluateRules(rules, request);
    return denied === null ? allowed : { denied, wouldDeny: null };
  }
  const denied = evaluateRules(null, request);
  if (denied !== null) return { denied, wouldDeny: null };
  const wouldDeny = evaluateRules(rules, request);
  return wouldDeny === null ? allowed : { denied: null, wouldDeny };
}

/**
 * Returns the first reason to deny a request, or null. The order is: app, group, method, path, network. Evaluates the rules
 * whether they are enforced or not. Without rules, only the app decides.
 */
export function evaluateRules(rules: ParsedRules | null, request: RuleRequest): ForbidReason | null {
  const { app } = request;
  if (app !== undefined) {
    const reason = deniedByApp(rules, app, request.ownerGroups);
    if (reason !== null) return reason;
  }
  if (rules === null) return null;
  const reason = deniedByMethodOrPath(rules, request);
  if (reason !== null) return reason;
  return rules.networks === null ? null : deniedByNetwork(rules.networks, request.ip);
}

function deniedByApp(
  rules: ParsedRules | null,
  app: RequestedApp | null,
  ownerGroups: readonly string[],
): 'app' | 'group' | null {
  if (app === 'unknown') return 'app';
  const apps = rules?.apps ?? null;
  if (apps !== null && (app === null || !apps.has(app.id))) return 'app';
  if (app === null || app.groups.length === 0) return null;
  return app.groups.some((group) => ownerGroups.includes(group)) ? null : 'group';
}

function deniedByMethodOrPath(
  { readOnly, allow }: ParsedRules,
  { method, path }: RuleRequest,
): 'method' | 'path' | null {
  if (readOnly && method !== undefined && (method === null || !readOnlyMethods.has(method))) return 'method';
  if (allow === null || (method === undefined && path === undefined)) return null;
  return deniedByLines(allow, method, path);
}

function deniedByLines(
  allow: readonly AllowLine[],
  method: string | null | undefined,
  path: string | null | undefined,
): 'method' | 'path' | null {
  if (path === null || (path !== undefined && isAmbiguousPath(path))) return 'path';
  let reason: 'method' | 'path' = path === undefined ? 'method' : 'path';
  for (const line of allow) {
    if (path !== undefined && !allowsPath(line, path)) continue;
    if (method === undefined || allowsMethod(line, method)) return null;
    reason = 'method';
  }
  return reason;
}

function deniedByNetwork(networks: readonly Network[], ip: string | null | undefined): 'network' | null {
  if (ip === undefined) return null;
  return ip !== null && isInNetworks(networks, ip) ? null : 'network';
}

/**
 * Returns the path of a request target without its query. A fragment stays, because a request must not have one, so that
 * such a path is ambiguous.
 */
export function rawPathOf(target: string): string {
  const end = target.indexOf('?');
  return end < 0 ? target : target.slice(0, end);
}
