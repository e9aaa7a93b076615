import { hasScope } from '../../../shared/scopes.ts';
import type { Canary, StatusContext } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { isKey, type Operator } from '../caller.ts';
import { type ValueStatus, valueStatus } from '../tokens/status.ts';

/** What an operator learns about the value with a hash. `unknown`: it was never issued here, or the operator may not know it. */
export interface HashStatus {
  hash: string;
  status: ValueStatus | 'canary' | 'unknown';
  name: string | null;
  owner: string | null;
}

export interface HashStatuses {
  /**
   * Returns what the operator may know about the values with these hashes, in this order. Members who are neither superusers nor auditors learn about
   * their own tokens, and about those of the service accounts that they maintain. Records no use.
   */
  ofHashes(operator: Operator, hashes: readonly string[]): Promise<HashStatus[]>;
}

interface HashStatusesDeps {
  store: Pick<Store, 'tokens' | 'canaries' | 'serviceAccounts'>;
  statusContext: () => StatusContext;
}

export function createHashStatuses({ store, statusContext }: HashStatusesDeps): HashStatuses {
  return {
    async ofHashes(operator, hashes) {
      const matches = await store.tokens.findByHashes(hashes);
      const canaries = await store.canaries.findByHashes(hashes);
      const context = statusContext();
      const isSeen = await createIsSeen(store, operator);
      return hashes.map((hash, index) => {
        const match = matches[index] ?? null;
        const found = match?.kind === 'canary' ? canaries.get(hash) : match;
        if (!match || !found || !isSeen(found)) return unknown(hash);
        const status = match.kind === 'canary' ? 'canary' : valueStatus(match, context);
        return { hash, status, name: found.name, owner: found.ownerEmail };
      });
    },
  };
}

/** Reports whether the operator may know the status of every owner's tokens. */
export function seesEveryStatus(operator: Operator): boolean {
  return isKey(operator) ? hasScope(operator.scopes, 'leaks') : operator.user.superuser || operator.user.auditor;
}

/**
 * Returns the function that reports whether the operator may know about a match. Reads the same, whatever the hashes are: otherwise, the
 * time would tell a member whether a value is a canary or was never issued.
 */
async function createIsSeen(store: Pick<Store, 'serviceAccounts'>, operator: Operator) {
  if (seesEveryStatus(operator)) return () => true;
  const maintained = isKey(operator) ? [] : await store.serviceAccounts.maintainedBy(operator.user.id);
  const owners = new Set([operator.user.id, ...maintained]);
  return ({ ownerId }: Pick<Canary, 'ownerId'>): boolean => owners.has(ownerId);
}

function unknown(hash: string): HashStatus {
  return { hash, status: 'unknown', name: null, owner: null };
}
