import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { TokenChangeStore, TokenEdit } from '../../interfaces/tokens/changes.ts';
import type { TokenRecord } from '../../records.ts';
import { newTokenColumns, tokenColumns } from '../../tables/tokens.ts';
import { updateUnique } from '../accounts/update-unique.ts';
import { pauseToken, resumeToken } from './pauses.ts';
import { claimPreviousNotices, endPreviousValue, recordSeen, rotateToken } from './rotations.ts';
import { transferToken } from './transfers.ts';

interface TokenFinders {
  findById(id: string): Promise<TokenRecord | null>;
  /** Returns all tokens of one owner, ordered by ID. */
  findAllOf(ownerId: string): Promise<TokenRecord[]>;
}

export function createTokenChangeStore(
  knex: Knex,
  engine: Engine,
  { findById, findAllOf }: TokenFinders,
): TokenChangeStore {
  return {
    async lock(id) {
      // A statement of its own. PostgreSQL would otherwise join the previous value from before it waited for the lock.
      if (engine.locksRows) await knex('tokens').where({ id }).forUpdate().first('id');
      return findById(id);
    },
    async hold(id) {
      // Conflicts with `lock` and a deletion, but not with a write of last uses, which locks many tokens in the order of their IDs.
      if (engine.locksRows) await knex('tokens').where({ id }).forKeyShare().first('id');
      return findById(id);
    },
    rotate: (id, value) => rotateToken(knex, engine, id, value),
    async rotationBefore(id, count) {
      const newest = knex('previous_values').where('token_id', id).orderBy('rotated_at', 'desc').limit(1);
      const [row] = await newest.offset(count - 1).select('rotated_at');
      return row === undefined ? null : Number(row.rotated_at);
    },
    recordSeen: (values, at) => recordSeen(knex, engine, values, at),
    endPrevious: (id, at) => endPreviousValue(knex, id, at),
    claimPreviousNotices: (now, limit) => claimPreviousNotices(knex, engine, now, limit),
    edit: (id, edit) => editToken(knex, id, edit),
    transfer: (id, to, limit) => transferToken(knex, id, to, limit),
    allOf: findAllOf,
    async lockAllOf(ownerId) {
      const ofOwner = knex('tokens').where({ owner_id: ownerId }).orderBy('id');
      if (engine.locksRows) await ofOwner.forUpdate().select('id');
      return findAllOf(ownerId);
    },
    async lockForDeletion(memberId) {
      if (!engine.locksRows) return;
      // A union, because with OR the database might read the whole table.
      const paused = knex('tokens').select('id').where({ paused_by_id: memberId });
      const ids = knex('tokens').select('id').where({ owner_id: memberId }).union(paused);
      await knex('tokens').whereIn('id', ids).orderBy('id').forUpdate().select('id');
    },
    pause: (id, pause) => pauseToken(knex, id, pause),
    resume: (id, at, bySuperuser) => resumeToken(knex, id, at, bySuperuser),
  };
}

const editedColumns = { ...newTokenColumns, rulesChangedAt: tokenColumns.rulesChangedAt };

async function editToken(knex: Knex, id: string, edit: TokenEdit): Promise<'edited' | 'name-taken'> {
  const changes = Object.entries(edit).map(([field, value]) => [editedColumns[field as keyof TokenEdit].name, value]);
  if (changes.length === 0) return 'edited';
  const { nameFolded } = edit;
  const changed = await updateUnique(knex, (trx) => {
    const token = trx('tokens').where({ id });
    if (nameFolded !== undefined) {
      const ofOwner = trx('tokens AS mine').select('mine.owner_id').where('mine.id', id);
      const others = trx('tokens AS other').whereNot('other.id', id).where('other.name_folded', nameFolded);
      token.whereNotExists(others.where('other.owner_id', '=', ofOwner).select('other.id'));
    }
    return token.update(Object.fromEntries(changes));
  });
  return changed === 'taken' || changed === 0 ? 'name-taken' : 'edited';
}
