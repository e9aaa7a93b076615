import { hasScope } from '../../../shared/schemas/scopes.ts';
import type { HashMatch, StatusContext } from '../../store/records.ts';
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
  store: Pick<Store, 'tokens' | 'serviceAccounts'>;
  statusContext: () => StatusContext;
}

export function createHashStatuses({ store, statusContext }: HashStatusesDeps): HashStatuses {
  /** Only those who may know about the canary wait for this statement. */
  async function describeCanary(hash: string, id: string): Promise<HashStatus> {
    const canary = await store.tokens.findById(id);
    if (canary === null) return unknown(hash);
    return { hash, status: 'canary', name: canary.name, owner: canary.ownerEmail };
  }

  return {
    async ofHashes(operator, hashes) {
      const matches = await store.tokens.findByHashes(hashes);
      const context = statusContext();
      const isSeen = await createIsSeen(store, operator);
      const items: HashStatus[] = [];
      for (const [index, hash] of hashes.entries()) {
        const match = matches[index] ?? null;
        if (match === null || !isSeen(match)) items.push(unknown(hash));
        else
          items.push(match.kind === 'canary' ? await describeCanary(hash, match.id) : describe(hash, match, context));
      }
      return items;
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
  return ({ ownerId }: HashMatch): boolean => owners.has(ownerId);
}

function describe(hash: string, match: Exclude<HashMatch, { kind: 'canary' }>, context: StatusContext): HashStatus {
  return { hash, status: valueStatus(match, context), name: match.name, owner: match.ownerEmail };
}

function unknown(hash: string): HashStatus {
  return { hash, status: 'unknown', name: null, owner: null };
}
