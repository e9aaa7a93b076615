import { limits } from '../../../shared/limits.ts';
import type { AppKey, AppMatch, HashMatch } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { createBatchedLookup } from './batched-lookup.ts';

/** The keys that one verification looks up: a token, the app that the request is for, or both. */
export interface Lookup {
  hash: string | null;
  app: AppKey | null;
}

/** `match` is null if no value has this hash. `app` is null if there is no such app. */
export interface Found {
  match: HashMatch | null;
  app: AppMatch | null;
}

export type LookupStore = Pick<Store, 'maxParallelLookups'> & {
  tokens: Pick<Store['tokens'], 'findByHashes' | 'findByHashesAndApps'>;
};

/**
 * Creates the lookup that shares statements with all others. One statement reads a token and its app. `observeBatch` receives
 * the number of lookups in each statement.
 */
export function createLookup(store: LookupStore, observeBatch: (lookups: number) => void) {
  return createBatchedLookup<Found, Lookup>(
    (lookups) => {
      observeBatch(lookups.length);
      return lookups.some(({ app }) => app !== null) ? readWithApps(store, lookups) : readTokens(store, lookups);
    },
    { deadlineMs: limits.lookupDeadlineMs, maxParallel: store.maxParallelLookups },
  );
}

async function readTokens({ tokens }: LookupStore, lookups: readonly Lookup[]): Promise<Found[]> {
  const matches = await tokens.findByHashes(lookups.map(({ hash }) => hash ?? ''));
  return matches.map((match) => ({ match, app: null }));
}

async function readWithApps({ tokens }: LookupStore, lookups: readonly Lookup[]): Promise<Found[]> {
  const hashes: string[] = [];
  // Equal keys from proxies are one object. Any others are looked up once each.
  const positions = new Map<AppKey, number>();
  for (const { hash, app } of lookups) {
    if (hash !== null) hashes.push(hash);
    if (app !== null && !positions.has(app)) positions.set(app, positions.size);
  }
  const { matches, apps } = await tokens.findByHashesAndApps(hashes, [...positions.keys()]);
  let position = 0;
  return lookups.map(({ hash, app }) => {
    const match = hash === null ? null : (matches[position] ?? null);
    if (hash !== null) position += 1;
    return { match, app: app === null ? null : (apps[positions.get(app) ?? -1] ?? null) };
  });
}
