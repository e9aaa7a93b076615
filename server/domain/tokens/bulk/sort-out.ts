import type { TokenRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { isKey, type Operator, readsEverything } from '../../caller.ts';
import { actsAsOwner } from '../find.ts';
import type { SkippedToken } from './outcome.ts';

/** Tokens of one owner, in the order of their IDs, which is the order of locks. */
export interface Chunk {
  owner: Pick<TokenRecord, 'ownerId' | 'ownerKind'>;
  tokens: TokenRecord[];
}

/** A transaction about more tokens would make other changes wait for longer. */
const maxChunk = 250;

/** Divides tokens into those that one transaction changes. */
export function chunksOf(tokens: readonly TokenRecord[]): Chunk[] {
  const ofOwners = new Map<string, TokenRecord[]>();
  for (const token of tokens) {
    const ofOwner = ofOwners.get(token.ownerId);
    if (ofOwner === undefined) ofOwners.set(token.ownerId, [token]);
    else ofOwner.push(token);
  }
  return [...ofOwners.values()].flatMap((ofOwner) => {
    const sorted = ofOwner.sort((a, b) => (a.id < b.id ? -1 : 1));
    const [owner] = sorted;
    if (owner === undefined) return [];
    const starts = Array.from({ length: Math.ceil(sorted.length / maxChunk) }, (_, index) => index * maxChunk);
    return starts.map((start) => ({ owner, tokens: sorted.slice(start, start + maxChunk) }));
  });
}

/**
 * Returns the tokens with these IDs that the operator may stop, and why the others are skipped. For a token that the operator may not see,
 * the reason is that of an ID that never existed.
 */
export async function sortOut(
  store: Store,
  operator: Operator,
  ids: readonly string[],
): Promise<{ changeable: TokenRecord[]; skipped: SkippedToken[] }> {
  const wanted = [...new Set(ids)];
  const rights = rightsOf(store, operator);
  const found = new Map((await store.tokens.findMany(wanted)).map((token) => [token.id, token]));
  const ended = await store.tokens.endedAmong(wanted.filter((id) => !found.has(id)));
  const endedById = new Map(ended.map((tombstone) => [tombstone.id, tombstone]));
  const changeable: TokenRecord[] = [];
  const skipped: SkippedToken[] = [];
  for (const id of wanted) {
    const token = found.get(id);
    const known = token ?? endedById.get(id);
    if (known === undefined || !(await rights.sees(known))) skipped.push({ id, token: null, reason: 'not-found' });
    else if (token === undefined) skipped.push({ id, token: known, reason: 'already-revoked' });
    else if (await rights.stops(token)) changeable.push(token);
    else skipped.push({ id, token, reason: 'not-allowed' });
  }
  return { changeable, skipped };
}

/** Returns what the operator may do with tokens. Asks once for each owner. */
function rightsOf(store: Store, operator: Operator) {
  const acting = new Map<string, Promise<boolean>>();
  const acts = (owner: Pick<TokenRecord, 'ownerId' | 'ownerKind'>) => {
    const known = acting.get(owner.ownerId) ?? actsAsOwner(store, operator, owner);
    acting.set(owner.ownerId, known);
    return known;
  };
  return {
    sees: async (owner: Pick<TokenRecord, 'ownerId' | 'ownerKind'>) => readsEverything(operator) || (await acts(owner)),
    async stops(token: TokenRecord) {
      if (isKey(operator)) return token.manage === null;
      return operator.user.superuser || (await acts(token));
    },
  };
}
