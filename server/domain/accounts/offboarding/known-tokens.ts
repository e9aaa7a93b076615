import { limits } from '../../../../shared/limits.ts';
import type { StatusContext, TokenRecord, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Reader } from '../../notifications/member-mail.ts';
import type { KnownToken } from '../../notifications/service-accounts/known-mails.ts';
import { readersOf } from '../../notifications/service-accounts/readers.ts';

/** Returns the newest tokens of service accounts whose values a member who leaves received, at most `limits.maxKnownTokens`. */
export function newestKnownTokens(store: Store, userId: string, context: StatusContext): Promise<TokenRecord[]> {
  return store.tokens.list({ ...context, knownTo: userId, before: null, limit: limits.maxKnownTokens });
}

/** Returns all tokens of service accounts whose values a member who leaves received, newest first. */
export async function allKnownTokens(store: Store, userId: string, context: StatusContext): Promise<TokenRecord[]> {
  const known: TokenRecord[] = [];
  let page: TokenRecord[];
  do {
    const before = known.at(-1)?.id ?? null;
    page = await store.tokens.list({ ...context, knownTo: userId, before, limit: limits.maxPageSize });
    known.push(...page);
  } while (page.length === limits.maxPageSize);
  return known;
}

/** A member who can have tokens rotated. */
export interface Rotator {
  owner: Pick<Reader, 'id' | 'email' | 'name'>;
  tokens: KnownToken[];
}

/**
 * Groups tokens of service accounts by those who rotate them: the maintainers or, if no enabled member is left, all superusers. Only
 * superusers rotate management keys. Call it after the account of the leaver is disabled.
 */
export async function rotatorsOf(store: Store, tokens: readonly TokenRecord[]): Promise<Rotator[]> {
  const rotators = new Map<string, Rotator>();
  const superusers: Reader[] = (await store.users.superusers()).map((user) => ({ ...user, because: 'superuser' }));
  const readers = new Map<string, Reader[]>();
  for (const token of tokens) {
    const { ownerId, manage } = token;
    if (!readers.has(ownerId)) readers.set(ownerId, await readersOfAccount(store, ownerId));
    for (const reader of manage === null ? (readers.get(ownerId) ?? []) : superusers) {
      const rotator: Rotator = rotators.get(reader.id) ?? { owner: reader, tokens: [] };
      // Decided for each token, because a superuser may also maintain service accounts.
      rotator.tokens.push({ ...token, needsMaintainer: manage === null && reader.because === 'superuser' });
      rotators.set(reader.id, rotator);
    }
  }
  return [...rotators.values()];
}

async function readersOfAccount(store: Store, id: UserRecord['id']): Promise<Reader[]> {
  const account = await store.owners.findById(id);
  return account === null ? [] : readersOf(store, account);
}
