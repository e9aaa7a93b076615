import type { Knex } from 'knex';
import type { NewOwner } from '../../interfaces/tokens/changes.ts';
import { updateUnique } from '../accounts/update-unique.ts';

/** See `TokenChangeStore.transfer`. */
export async function transferToken(
  knex: Knex,
  id: string,
  { ownerId, name, nameFolded, expiresAt, lifetimeMs, expiryCut, at }: NewOwner,
  limit: number,
): Promise<'transferred' | 'name-taken' | 'token-limit'> {
  const sameName = { owner_id: ownerId, name_folded: nameFolded };
  const changed = await updateUnique(knex, (trx) => {
    const counted = trx('tokens AS counted')
      .where('counted.owner_id', ownerId)
      .whereRaw('counted.trust_id IS NULL')
      .where((token) => token.whereNull('counted.expires_at').orWhere('counted.expires_at', '>', at))
      .count();
    const taken = trx('tokens AS other').where({ 'other.owner_id': ownerId, 'other.name_folded': nameFolded });
    return trx('tokens')
      .where({ id })
      .whereNotExists(taken.select('other.id'))
      .whereRaw('? < ?', [counted, limit])
      .update({
        ...sameName,
        name,
        expires_at: expiresAt,
        lifetime_ms: lifetimeMs,
        expiry_cut: expiryCut,
        self_rotate: false,
        former_owner_knows: true,
      });
  });
  if (changed === 1) return 'transferred';
  return changed === 'taken' || (await knex('tokens').where(sameName).first('id')) ? 'name-taken' : 'token-limit';
}
