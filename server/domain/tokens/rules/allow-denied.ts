import { limits } from '../../../../shared/limits.ts';
import type { DeniedRequest } from '../../../store/records.ts';
import { parseAllowLine } from './allow-line.ts';
import { evaluateRules, type ForbidReason, type RuleRequest, readOnlyMethods } from './evaluate.ts';
import { RuleError } from './rule-error.ts';
import { readableRules } from './shown-rules.ts';
import { parseRules, storeRules, type TokenRules } from './token-rules.ts';

/** Rules with one more entry, which allows a request that they denied. */
export interface WidenedRules {
  /** They hold IDs of apps. */
  rules: TokenRules;
  /** The rule that has the new entry, and the entry. Of an app, it is the ID. */
  added: { rule: 'apps' | 'allow' | 'networks'; entry: string };
  /** Whether lines replace the rule that allows only methods that change nothing, because no line can be an exception from it. */
  replacesReadOnly: boolean;
}

/**
 * Returns the rules of a token with the narrowest entry that removes the reason for which a request was denied. Nothing else is allowed by
 * them. Returns null if the rules do not deny the request for this reason now, or if no entry matches exactly what was recorded: it
 * may have been cut, redacted or normalized.
 */
export function allowDenied({ rules: stored }: { rules: string | null }, denied: DeniedRequest): WidenedRules | null {
  const before = readableRules(stored);
  const widened = widen(before, denied);
  if (widened === null || !isDeniedBy(before, denied)) return null;
  return evaluate(widened.rules, denied) === null ? widened : null;
}

/** Reports whether these rules deny a request now for the reason for which it was denied. */
export function isDeniedBy(rules: TokenRules, denied: DeniedRequest): boolean {
  return rules.enforce && evaluate(rules, denied) === denied.reason;
}

function evaluate(rules: TokenRules, denied: DeniedRequest): ForbidReason | null {
  return evaluateRules(parseRules(storeRules(rules) ?? '{}'), requestOf(denied));
}

/** Returns the part of the request that the reason is about. */
function requestOf({ reason, appId, method, path, ip }: DeniedRequest): RuleRequest {
  const ownerGroups: string[] = [];
  if (reason === 'app') return { ownerGroups, app: appId === null ? null : { id: appId, groups: [] } };
  if (reason === 'network') return { ownerGroups, ip };
  // Proxies report a path as bytes.
  return { ownerGroups, method, path: path === null ? null : Buffer.from(path, 'utf8').toString('latin1') };
}

function widen(rules: TokenRules, { reason, appId, method, path, ip }: DeniedRequest): WidenedRules | null {
  if (reason === 'app' && appId !== null) {
    const added = { rule: 'apps', entry: appId } as const;
    return { rules: { ...rules, apps: [...(rules.apps ?? []), appId] }, added, replacesReadOnly: false };
  }
  if (reason === 'network' && ip !== null) {
    const added = { rule: 'networks', entry: ip } as const;
    return { rules: { ...rules, networks: [...(rules.networks ?? []), ip] }, added, replacesReadOnly: false };
  }
  if ((reason === 'method' || reason === 'path') && method !== null && path !== null) {
    return widenByLine(rules, method, path);
  }
  return null;
}

function widenByLine(rules: TokenRules, method: string, path: string): WidenedRules | null {
  const entry = `${method} ${path}`;
  if (!isExact(method, path) || ![entry, ...(rules.allow ?? [])].every(isLine)) return null;
  const replacesReadOnly = rules.readOnly && !readOnlyMethods.has(method);
  const lines = replacesReadOnly ? readOnlyLines(rules.allow) : (rules.allow ?? []);
  const widened = { ...rules, readOnly: rules.readOnly && !replacesReadOnly, allow: [...lines, entry] };
  return { rules: widened, added: { rule: 'allow', entry }, replacesReadOnly };
}

/** Reports whether method and path were recorded as they were sent. `OTHER` stands for methods that no registry knows. */
function isExact(method: string, path: string): boolean {
  return method !== 'OTHER' && path.length < limits.maxPathCharacters && !/\*|\[redacted\]/.test(path);
}

function isLine(text: string): boolean {
  try {
    parseAllowLine(text);
    return true;
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return false;
  }
}

/** Returns lines that allow what these lines allow together with the rule that allows only methods that change nothing. */
function readOnlyLines(lines: readonly string[] | null): string[] {
  if (lines === null) return [`${[...readOnlyMethods].join(',')} /**`];
  return lines.flatMap((line) => {
    const pattern = line.slice(line.indexOf(' ') + 1);
    const { methods } = parseAllowLine(line);
    const kept = [...readOnlyMethods].filter((method) => methods === null || methods.has(method));
    return kept.length === 0 ? [] : [`${kept.join(',')} ${pattern}`];
  });
}
