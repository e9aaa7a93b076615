import type { Knex } from 'knex';
import type { Engine } from '../../../engine/engine.ts';
import type { TokenStore } from '../../../interfaces/tokens.ts';
import type { AppMatch, HashMatch } from '../../../records.ts';
import { bindKeys, formOf, isAppRow, toAppMatch } from './app-matches.ts';
import { toHashMatch, toOtherMatch, versionIn } from './hash-matches.ts';
import { createStatements, type Statements } from './statements.ts';

type Lookups = Pick<TokenStore, 'findByHashes' | 'findByHashesAndVersion' | 'findByHashesAndApps'>;

/**
 * Creates the lookups of verification. Each is one statement, and a second one for hashes that no token has: it finds tombstones and canaries.
 * Apps and their version are part of a statement only if a request names an app, so that verification without apps costs nothing more.
 */
export function createLookups(knex: Knex, engine: Engine): Lookups {
  let created: Statements | undefined;
  /** Few transactions look up hashes. */
  const statements = () => {
    created ??= createStatements(engine);
    return created;
  };
  const trx = knex.isTransaction ? (knex as Knex.Transaction) : undefined;
  const bind = (hashes: readonly string[]) => (hashes.length === 1 ? (hashes[0] as string) : engine.bindList(hashes));
  const formFor = (hashes: readonly string[]) => (hashes.length === 1 ? 'one' : 'many');

  async function readTokens(kind: 'tokens' | 'tokensAndVersion', hashes: readonly string[]) {
    const bound = bind(hashes);
    const rows = await engine.select(statements()[kind][formFor(hashes)], [bound, bound], trx);
    const matches: Array<HashMatch | null> = Array(hashes.length).fill(null);
    for (const row of rows) matches[Number(row[0])] = toHashMatch(row);
    if (rows.length < hashes.length) await addOthers(hashes, matches);
    return { rows, matches };
  }

  /** Reads the tombstones second, so that a token revoked between the two reads is found as a tombstone. */
  async function addOthers(hashes: readonly string[], found: Array<HashMatch | null>): Promise<void> {
    const missing = hashes.flatMap((_hash, position) => (found[position] === null ? [position] : []));
    if (missing.length === 0) return;
    const missingHashes = missing.map((position) => hashes[position] ?? '');
    for (const row of await engine.select(statements().others, [engine.bindList(missingHashes)], trx)) {
      const position = Number(row[0]);
      found[missing[position] ?? 0] = toOtherMatch(row, missingHashes[position] ?? '');
    }
  }

  return {
    findByHashes: async (hashes) => (await readTokens('tokens', hashes)).matches,
    async findByHashesAndVersion(hashes) {
      const { rows, matches } = await readTokens('tokensAndVersion', hashes);
      return { matches, appVersion: rows[0] === undefined ? null : versionIn(rows[0]) };
    },
    async findByHashesAndApps(hashes, keys) {
      const bound = bind(hashes);
      const select = statements().tokensAndApps[formOf(keys)][formFor(hashes)];
      const rows = await engine.select(select, [bound, bound, ...bindKeys(engine, keys)], trx);
      const matches: Array<HashMatch | null> = Array(hashes.length).fill(null);
      const apps: Array<AppMatch | null> = Array(keys.length).fill(null);
      for (const row of rows) {
        if (isAppRow(row)) apps[Number(row[0])] = toAppMatch(row);
        else matches[Number(row[0])] = toHashMatch(row);
      }
      if (matches.includes(null)) await addOthers(hashes, matches);
      return { matches, apps, appVersion: rows[0] === undefined ? null : versionIn(rows[0]) };
    },
  };
}
