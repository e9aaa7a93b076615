import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { CanaryStore } from '../../interfaces/leaks.ts';

/**
 * Returns the form in which the hash of a canary is stored. No hash of a value looks like this. So no statement that accepts tokens finds
 * a canary, and no statement at all finds the tombstone of one.
 */
export function canaryHash(hash: string): string {
  return `canary:${hash}`;
}

/** Returns the hash of a value from its stored form. */
export function valueHash(stored: string): string {
  return stored.startsWith(canaryHash('')) ? stored.slice(canaryHash('').length) : stored;
}

const unpaused = '(paused_at IS NULL OR paused_until <= ?)';
const isDue = `canary AND canary_untold > 0 AND (canary_told_at IS NULL OR canary_told_at <= ? OR canary_told_at > ?) AND ${unpaused}`;

export function createCanaryStore(knex: Knex, engine: Engine): CanaryStore {
  return {
    async findByHashes(hashes) {
      const rows = await knex('tokens as t')
        .join('users as u', 'u.id', 't.owner_id')
        .whereRaw(engine.among('t.hash'), [engine.bindList(hashes.map(canaryHash)) as Knex.RawBinding])
        .select({
          hash: 't.hash',
          id: 't.id',
          prefix: 't.prefix',
          name: 't.name',
          ownerId: 't.owner_id',
          ownerEmail: 'u.email',
        });
      return new Map(rows.map(({ hash, ...canary }) => [hash.slice(canaryHash('').length), canary]));
    },
    async addUses(uses) {
      // In the order of the IDs, so that two nodes do not wait for each other.
      for (const [id, count] of [...uses].sort(([a], [b]) => (a < b ? -1 : 1)))
        await knex('tokens').where({ id, canary: true }).increment('canary_untold', count);
    },
    async claimUses(id, { at, toldBefore }) {
      // This update changes nothing. It locks the row, so that the next statement claims all presentations that this one returns.
      const locked = await knex.raw(
        `UPDATE tokens SET canary_untold = canary_untold WHERE id = ? AND ${isDue} RETURNING canary_untold`,
        [id, toldBefore, at, at],
      );
      const [row] = engine.rows(locked);
      if (row === undefined) return null;
      await knex('tokens').where({ id }).update({ canary_told_at: at, canary_untold: 0 });
      return Number(row.canary_untold);
    },
    due: ({ at, toldBefore }, limit) =>
      knex('tokens').whereRaw(isDue, [toldBefore, at, at]).orderBy('id').limit(limit).pluck('id'),
  };
}
