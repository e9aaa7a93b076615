import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { ClientStore } from '../../interfaces/accounts.ts';
import type { ClientRecord } from '../../records.ts';
import { clientColumns } from '../../tables/accounts.ts';
import { type RowOf, toRecord, toRow } from '../../tables/column.ts';

type ClientRow = RowOf<typeof clientColumns>;

const columnNames = Object.values(clientColumns).map(({ name }) => name);

export function createClientStore(knex: Knex, engine: Engine): ClientStore {
  const clients = () => knex<ClientRow>('clients');
  const byClientIds = {
    columns: [engine.position, ...columnNames.map((name) => `c.${name}`)],
    from: `FROM ${engine.eachOf('c.client_id', 'clients c')}`,
  };

  return {
    async insert(client) {
      const inserted = await clients()
        .insert(toRow(clientColumns, client))
        .onConflict('name_folded')
        .ignore()
        .returning('id');
      return inserted.length > 0;
    },
    async list({ limit, before }) {
      const query = clients().orderBy('id', 'desc').limit(limit);
      if (before !== null) query.where('id', '<', before);
      return (await query).map(toClient);
    },
    async findById(id) {
      const row = await clients().where({ id }).first();
      return row ? toClient(row) : null;
    },
    async findByClientIds(clientIds) {
      const trx = knex.isTransaction ? (knex as Knex.Transaction) : undefined;
      const found = clientIds.map((): ClientRecord | null => null);
      for (const [position, ...values] of await engine.select(byClientIds, [engine.bindList(clientIds)], trx)) {
        found[Number(position)] = toClient(Object.fromEntries(columnNames.map((name, index) => [name, values[index]])));
      }
      return found;
    },
    async lock(id) {
      const row = await clients().where({ id }).forUpdate().first();
      return row ? toClient(row) : null;
    },
    setRights: async (id, { canRevoke, canReport }) =>
      (await clients().where({ id }).update({ can_revoke: canRevoke, can_report: canReport })) > 0,
    setSecretHash: async (id, hash) => (await clients().where({ id }).update({ secret_hash: hash })) > 0,
    delete: async (id) => (await clients().where({ id }).delete()) > 0,
  };
}

function toClient(row: object): ClientRecord {
  return toRecord(clientColumns, row);
}
