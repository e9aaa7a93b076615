import type { StatusContext, TokenRecord, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Reader } from '../../notifications/member-mail.ts';
import { readersOf } from '../../notifications/service-accounts/readers.ts';

/** Bounds the list of an offboarding and its mails. `TokenQuery.knownTo` lists the others. */
const maxKnown = 100;

/** Returns the tokens of service accounts whose values a member who leaves received, newest first: at most 100. */
export function knownTokens(store: Store, userId: string, context: StatusContext): Promise<TokenRecord[]> {
  return store.tokens.list({ ...context, knownTo: userId, before: null, limit: maxKnown });
}

/** A member who can have a token rotated. */
export interface Rotator {
  reader: Reader;
  tokens: TokenRecord[];
}

/**
 * Groups tokens of service accounts by those who rotate them: the maintainers or, if no enabled member is left, all superusers. Only
 * superusers rotate management keys. Call it after the account of the leaver is disabled.
 */
export async function rotatorsOf(store: Store, tokens: readonly TokenRecord[]): Promise<Rotator[]> {
  const rotators = new Map<string, Rotator>();
  const superusers = async () =>
    (await store.users.superusers()).map((user) => ({ ...user, because: 'superuser' }) as const);
  const owners = new Map<string, UserRecord | null>();
  for (const token of tokens) {
    const { ownerId, manage } = token;
    if (!owners.has(ownerId)) owners.set(ownerId, await store.owners.findById(ownerId));
    const owner = owners.get(ownerId) ?? null;
    if (owner === null) continue;
    for (const reader of manage === null ? await readersOf(store, owner) : await superusers()) {
      const rotator: Rotator = rotators.get(reader.id) ?? { reader, tokens: [] };
      rotator.tokens.push(token);
      rotators.set(reader.id, rotator);
    }
  }
  return [...rotators.values()];
}
