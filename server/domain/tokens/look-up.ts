import { limits } from '../../../shared/limits.ts';
import type { AppKey, AppMatch, HashMatch } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { createKnownApps } from '../apps/known-apps.ts';
import { createBatchedLookup } from './batched-lookup.ts';

/** The keys that one verification looks up: a token, the app that the request is for, or both. */
export interface Lookup {
  hash: string | null;
  app: AppKey | null;
}

/** `match` is null if no value has this hash. `app` is null if there is no such app. It is also null if the hash is not that of a token. */
export interface Found {
  match: HashMatch | null;
  app: AppMatch | null;
}

export type LookupStore = Pick<Store, 'maxParallelLookups'> & {
  tokens: Pick<Store['tokens'], 'findByHashes' | 'findByHashesAndVersion' | 'findByHashesAndApps'>;
};

/**
 * Creates the lookup that shares statements with all others. One statement reads tokens, and their apps or the version of all apps. Apps in
 * memory count only if they were read at that version, so a lookup never uses an older app than its own statement would have read.
 * `observeBatch` receives the number of lookups in each statement.
 */
export function createLookup({ tokens, maxParallelLookups }: LookupStore, observeBatch: (lookups: number) => void) {
  const knownApps = createKnownApps();

  async function readTokens(lookups: readonly Lookup[]): Promise<Found[]> {
    observeBatch(lookups.length);
    const matches = await tokens.findByHashes(lookups.map(({ hash }) => hash ?? ''));
    return matches.map((match) => ({ match, app: null }));
  }

  /** Reads only the tokens and the version. Returns null if some app is not known at that version. */
  async function readWithKnownApps(lookups: readonly Lookup[]): Promise<Found[] | null> {
    observeBatch(lookups.length);
    const { matches, appVersion } = await tokens.findByHashesAndVersion(lookups.map(({ hash }) => hash ?? ''));
    const isCurrent = appVersion === knownApps.version;
    const found: Found[] = [];
    for (const [index, { app: key }] of lookups.entries()) {
      const match = matches[index] ?? null;
      // An app decides only about tokens.
      const app = key === null || match?.kind !== 'token' ? null : isCurrent ? knownApps.find(key) : undefined;
      if (app === undefined) return null;
      found.push({ match, app });
    }
    return found;
  }

  /** Reads tokens and apps in one statement, so that no verdict mixes the states before and after a change. */
  async function readWithApps(lookups: readonly Lookup[]): Promise<Found[]> {
    observeBatch(lookups.length);
    const hashes: string[] = [];
    // Equal keys from proxies are one object. Any others are looked up once each.
    const positions = new Map<AppKey, number>();
    for (const { hash, app } of lookups) {
      if (hash !== null) hashes.push(hash);
      if (app !== null && !positions.has(app)) positions.set(app, positions.size);
    }
    const keys = [...positions.keys()];
    const { matches, apps, appVersion } = await tokens.findByHashesAndApps(hashes, keys);
    knownApps.remember(appVersion, keys, apps);
    let position = 0;
    return lookups.map(({ hash, app }) => {
      const match = hash === null ? null : (matches[position] ?? null);
      if (hash !== null) position += 1;
      return { match, app: app === null ? null : (apps[positions.get(app) ?? -1] ?? null) };
    });
  }

  const isKnown = ({ hash, app }: Lookup) => hash !== null && (app === null || knownApps.find(app) !== undefined);

  return createBatchedLookup<Found, Lookup>(
    async (lookups) => {
      if (lookups.every(({ app }) => app === null)) return readTokens(lookups);
      const found = lookups.every(isKnown) ? await readWithKnownApps(lookups) : null;
      return found ?? readWithApps(lookups);
    },
    { deadlineMs: limits.lookupDeadlineMs, maxParallel: maxParallelLookups },
  );
}
