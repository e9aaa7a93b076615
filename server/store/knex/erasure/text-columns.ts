import type { Knex } from 'knex';
import { dataTables } from '../../maintenance/tables.ts';

/** The columns of a table that hold text. */
export interface TextTable {
  name: string;
  key: readonly string[];
  columns: readonly string[];
}

/**
 * Columns that an erasure leaves alone. The row of an erased member holds no address and no identity, so any that matches belongs
 * to another member by now. An erasure is deleted with its addresses, once it is done.
 */
const kept: Readonly<Record<string, readonly string[]>> = {
  users: ['email', 'email_folded', 'oidc_issuer', 'oidc_subject'],
  erasures: ['addresses', 'salt', 'hashes'],
};

/** Returns the tables with text, and their text columns. The audit log is last, because it tells which addresses a member had. */
export async function textTables(knex: Knex): Promise<TextTable[]> {
  const tables: TextTable[] = [];
  for (const { name, key } of dataTables) {
    const columns = Object.entries(await knex(name).columnInfo());
    const texts = columns
      .filter(([column, { type }]) => /text|char/i.test(type) && !kept[name]?.includes(column))
      .map(([column]) => column);
    if (texts.length > 0) tables.push({ name, key, columns: texts });
  }
  return tables.sort((a, b) => Number(a.name === 'audit') - Number(b.name === 'audit'));
}
