import type { Knex } from 'knex';
import type { Engine, Select } from '../../../engine/engine.ts';
import type { TokenStore } from '../../../interfaces/tokens.ts';
import type { AppMatch, HashMatch } from '../../../records.ts';
import { appBranches, bindKeys, formOf, isAppRow, type KeyForm, toAppMatch } from './app-matches.ts';
import { type Source, selectMatches, toHashMatch, tombstoneMatchColumns, toTombstoneMatch } from './hash-matches.ts';

/**
 * Creates the lookups of verification. Each is one statement, and a second one for the tombstones of hashes that no token has.
 * Apps are part of a statement only if a request names one, so that verification without apps costs nothing more.
 */
export function createLookups(knex: Knex, engine: Engine): Pick<TokenStore, 'findByHashes' | 'findByHashesAndApps'> {
  const ofOne: Source = (column, table) => ({ from: table, where: `WHERE ${column} = ?` });
  const ofEach: Source = (column, table) => ({ from: engine.eachOf(column, table) });
  const tokenByHash = selectMatches(engine, '0', ofOne);
  const tokensByHash = selectMatches(engine, engine.position, ofEach);
  const withApps = (form: KeyForm) => ({
    one: selectMatches(engine, '0', ofOne, appBranches(engine, form)),
    many: selectMatches(engine, engine.position, ofEach, appBranches(engine, form)),
  });
  const hashesAndApps = { name: withApps('name'), host: withApps('host'), lists: withApps('lists') };
  const tombstonesByHash: Select = {
    forVerification: true,
    columns: [engine.position, ...tombstoneMatchColumns],
    from: `FROM ${engine.eachOf('d.hash', 'tombstones d')} JOIN users u ON u.id = d.owner_id`,
  };
  const trx = knex.isTransaction ? (knex as Knex.Transaction) : undefined;
  const bind = (hashes: readonly string[]) => (hashes.length === 1 ? (hashes[0] as string) : engine.bindList(hashes));

  /** Reads the tombstones second, so that a token revoked between the two reads is found as a tombstone. */
  async function addTombstones(hashes: readonly string[], found: Array<HashMatch | null>): Promise<void> {
    const missing = hashes.flatMap((_hash, position) => (found[position] === null ? [position] : []));
    if (missing.length === 0) return;
    const missingHashes = engine.bindList(missing.map((position) => hashes[position] ?? ''));
    for (const row of await engine.select(tombstonesByHash, [missingHashes], trx)) {
      found[missing[Number(row[0])] ?? 0] = toTombstoneMatch(row);
    }
  }

  return {
    async findByHashes(hashes) {
      const bound = bind(hashes);
      const rows = await engine.select(hashes.length === 1 ? tokenByHash : tokensByHash, [bound, bound], trx);
      const found: Array<HashMatch | null> = Array(hashes.length).fill(null);
      for (const row of rows) found[Number(row[0])] = toHashMatch(row);
      if (rows.length < hashes.length) await addTombstones(hashes, found);
      return found;
    },
    async findByHashesAndApps(hashes, keys) {
      const bound = bind(hashes);
      const select = hashesAndApps[formOf(keys)][hashes.length === 1 ? 'one' : 'many'];
      const matches: Array<HashMatch | null> = Array(hashes.length).fill(null);
      const apps: Array<AppMatch | null> = Array(keys.length).fill(null);
      for (const row of await engine.select(select, [bound, bound, ...bindKeys(engine, keys)], trx)) {
        if (isAppRow(row)) apps[Number(row[0])] = toAppMatch(row);
        else matches[Number(row[0])] = toHashMatch(row);
      }
      if (matches.includes(null)) await addTombstones(hashes, matches);
      return { matches, apps };
    },
  };
}
