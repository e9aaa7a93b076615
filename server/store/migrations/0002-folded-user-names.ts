import { foldName } from '../../../shared/names.ts';
import type { Migration } from './migration.ts';

/** Members are found by a part of their name, in whatever case. */
export const foldedUserNames: Migration = {
  name: '0002-folded-user-names',
  async up(trx) {
    await trx.schema.alterTable('users', (table) => {
      table.text('name_folded').notNullable().defaultTo('');
    });
    const users: Array<{ id: string; name: string }> = await trx('users').whereNot('name', '').select('id', 'name');
    for (const { id, name } of users)
      await trx('users')
        .where({ id })
        .update({ name_folded: foldName(name) });
  },
};
