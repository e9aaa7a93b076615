import { hasScope } from '../../../shared/schemas/scopes.ts';
import type { HashMatch, StatusContext } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { maintains } from '../accounts/service-accounts/find.ts';
import { isKey, type Operator } from '../caller.ts';
import { type ValueStatus, valueStatus } from '../tokens/status.ts';

/** What an operator learns about the value with a hash. `unknown`: it was never issued here, or the operator may not know it. */
export interface HashStatus {
  hash: string;
  status: ValueStatus | 'unknown';
  name: string | null;
  owner: string | null;
}

export interface HashStatuses {
  /**
   * Returns what the operator may know about the values with these hashes, in this order. Members who are no superusers learn about their own
   * tokens, and about those of the service accounts that they maintain. Records no use.
   */
  ofHashes(operator: Operator, hashes: readonly string[]): Promise<HashStatus[]>;
}

interface HashStatusesDeps {
  store: Pick<Store, 'tokens' | 'serviceAccounts'>;
  statusContext: () => StatusContext;
}

export function createHashStatuses({ store, statusContext }: HashStatusesDeps): HashStatuses {
  return {
    async ofHashes(operator, hashes) {
      const matches = await store.tokens.findByHashes(hashes);
      const context = statusContext();
      const isSeen = createIsSeen(store, operator);
      const items: HashStatus[] = [];
      for (const [index, hash] of hashes.entries()) {
        const match = matches[index] ?? null;
        items.push(match !== null && (await isSeen(match)) ? describe(hash, match, context) : unknown(hash));
      }
      return items;
    },
  };
}

/** Reports whether the operator may know the status of every owner's tokens. */
export function seesEveryStatus(operator: Operator): boolean {
  return isKey(operator) ? hasScope(operator.scopes, 'leaks') : operator.user.superuser;
}

/** Returns the function that reports whether the operator may know about a match. It asks once about each owner. */
function createIsSeen(store: Pick<Store, 'serviceAccounts'>, operator: Operator) {
  const seesAll = seesEveryStatus(operator);
  const maintained = new Map<string, boolean>();
  return async ({ ownerId }: HashMatch): Promise<boolean> => {
    if (seesAll || ownerId === operator.user.id) return true;
    const known = maintained.get(ownerId) ?? (await maintains(store, operator, ownerId));
    maintained.set(ownerId, known);
    return known;
  };
}

function describe(hash: string, match: HashMatch, context: StatusContext): HashStatus {
  return { hash, status: valueStatus(match, context), name: match.name, owner: match.ownerEmail };
}

function unknown(hash: string): HashStatus {
  return { hash, status: 'unknown', name: null, owner: null };
}
