import type { DeniedRequest, TokenRecord } from '../../../../store/records.ts';
import type { GateRequest, RequestVerdict } from '../../verify.ts';
import { isDeniedBy } from '../allow-denied.ts';
import { evaluateRules, readOnlyMethods } from '../evaluate.ts';
import { type AppNames, readableRules, showRules } from '../shown-rules.ts';
import { type ParsedRules, parseRules, type TokenRules } from '../token-rules.ts';

type RequestPart = Pick<GateRequest, 'method' | 'path'>;

/**
 * Returns the rule or the status by which a request with a token is allowed or denied, as `tokens show` prints it. Of a request that is
 * allowed only because the rules are not applied, returns the rule that would deny it. Null if no rule had to allow the request. `names` holds
 * the apps of the rules.
 */
export function decidingRule(
  token: Pick<TokenRecord, 'rules' | 'manage' | 'canary'>,
  verdict: RequestVerdict,
  request: RequestPart,
  names: AppNames,
): string | null {
  if (!verdict.allowed && verdict.status === 401) return `Status: ${token.canary ? 'canary' : verdict.reason}`;
  const reason = verdict.allowed ? verdict.wouldDeny : verdict.reason;
  const shown = showRules(token, names);
  if (reason === 'management') return `Scopes: ${(token.manage ?? '').split(' ').join(', ')}`;
  if (reason !== null) return denyingRule(shown, reason, request);
  return shown.allow === null || token.rules === null
    ? null
    : allowingLine(shown.allow, parseRules(token.rules), request);
}

/** Returns the rule by which a token denies a request now, as `tokens show` prints it. Null if another rule or none denied the request. */
export function ruleThatDenies(
  token: Pick<TokenRecord, 'rules'>,
  denied: DeniedRequest,
  names: AppNames,
): string | null {
  if (!isDeniedBy(readableRules(token.rules), denied)) return null;
  return denyingRule(showRules(token, names), denied.reason, denied);
}

/** Groups are a rule of the app, and not of the token. So is that there is no such app. */
function denyingRule(shown: TokenRules, reason: string, { method }: RequestPart): string | null {
  switch (reason) {
    case 'app':
      return list('App', shown.apps);
    case 'network':
      return list('From', shown.networks);
    case 'method':
      return shown.readOnly && !readOnlyMethods.has(method ?? '')
        ? 'Methods: only those that change nothing'
        : list('Allowed', shown.allow);
    case 'path':
      return list('Allowed', shown.allow);
    default:
      return null;
  }
}

function allowingLine(lines: readonly string[], rules: ParsedRules, { method, path }: RequestPart): string | null {
  const index = (rules.allow ?? []).findIndex(
    (line) => evaluateRules({ ...rules, allow: [line], networks: null }, { method, path, ownerGroups: [] }) === null,
  );
  return list('Allowed', lines.slice(index, index + 1));
}

function list(label: string, entries: readonly string[] | null): string | null {
  if (entries === null) return null;
  return `${label}: ${entries.length === 0 ? 'none' : entries.join(', ')}`;
}
