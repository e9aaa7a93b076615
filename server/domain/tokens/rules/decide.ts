import type { AskedRequest } from '../../../../shared/schemas/tokens/rules.ts';
import type { TokenRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { groupNamesOf } from '../../accounts/groups.ts';
import { judgeRequest, type RuleOutcome, rawPathOf } from './evaluate.ts';
import { parseRules } from './token-rules.ts';

/**
 * Decides whether a token may make a request that a client describes. If the description lacks a part, a rule denies the request
 * only if it would do so for every value of that part. The IP address must be in canonical form.
 */
export async function decide(
  store: Pick<Store, 'apps' | 'owners'>,
  { rules, ownerId, manage }: Pick<TokenRecord, 'rules' | 'ownerId' | 'manage'>,
  { method, path, ip, app }: AskedRequest,
): Promise<RuleOutcome> {
  if (manage !== null) return { denied: 'management', wouldDeny: null };
  const owner = await store.owners.findById(ownerId);
  return judgeRequest(rules === null ? null : parseRules(rules), {
    method,
    ip,
    // Proxies report a path as bytes.
    path: path === undefined ? undefined : Buffer.from(rawPathOf(path), 'utf8').toString('latin1'),
    app: app === undefined ? undefined : ((await store.apps.findByName(app)) ?? 'unknown'),
    ownerGroups: owner === null ? [] : groupNamesOf(owner),
  });
}
