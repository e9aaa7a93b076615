import { count } from '../../../../shared/count.ts';
import { splitScopes } from '../../../../shared/scopes.ts';
import { type AppNames, showRules } from '../../../domain/tokens/rules/shown-rules.ts';
import type { TokenRecord } from '../../../store/records.ts';

/** Returns what a token may do, in a few words: `grafana · read-only · 2 networks`. */
export function ruleSummary(token: Pick<TokenRecord, 'rules' | 'manage' | 'canary'>, names: AppNames): string {
  if (token.canary) return 'canary';
  const { apps, readOnly, allow, networks, enforce } = showRules(token, names);
  const parts = [
    // It comes first, because a narrow column cuts off the end.
    !enforce && 'rules not applied',
    token.manage !== null && `management key · ${count(splitScopes(token.manage).length, 'scope')}`,
    apps !== null && appSummary(apps),
    readOnly && 'read-only',
    allow !== null && count(allow.length, 'allowed request'),
    networks !== null && count(networks.length, 'network'),
  ].filter((part) => part !== false);
  return parts.length === 0 ? 'no rules' : parts.join(' · ');
}

function appSummary([first, ...others]: readonly string[]): string {
  if (first === undefined) return 'no app';
  return others.length === 0 ? first : `${first} + ${count(others.length, 'app')}`;
}
