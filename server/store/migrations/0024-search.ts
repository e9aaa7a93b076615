import type { Migration } from './migration.ts';

/**
 * Adds indexes for the search of the console: members and service accounts by how their names and addresses begin. They compare byte by
 * byte, because in the order of a language, texts with one beginning need not stand together. The release before ignores them.
 */
export const search: Migration = {
  name: '0024-search',
  worksFrom: '0003-several-nodes',
  async up(trx) {
    const bytewise = (column: string) => (trx.client.dialect === 'sqlite3' ? column : `${column} COLLATE "C"`);
    const named = `(${bytewise('name_folded')}, id)`;
    const members = "WHERE kind = 'member' AND deleted_at IS NULL";
    // Written as no list writes it, because SQLite would read other lists with this index, too.
    const accounts = "WHERE kind = 'service-account' AND coalesce(deleted_at, 0) = 0";
    await trx.raw(`CREATE INDEX users_member_name_index ON users ${named} ${members}`);
    await trx.raw(`CREATE INDEX users_member_email_index ON users (${bytewise('email_folded')}, id) ${members}`);
    await trx.raw(`CREATE INDEX users_account_name_index ON users ${named} ${accounts}`);
  },
};
