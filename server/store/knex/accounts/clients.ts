import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { ClientRecord } from '../../records.ts';
import type { ClientStore } from '../../store.ts';

interface ClientRow {
  id: string;
  client_id: string;
  name: string;
  name_folded: string;
  secret_hash: string;
  can_revoke: boolean | number;
  created_at: number | string;
}

const columns = ['id', 'client_id', 'name', 'name_folded', 'secret_hash', 'can_revoke', 'created_at'];

export function createClientStore(knex: Knex, engine: Engine): ClientStore {
  const clients = () => knex<ClientRow>('clients');
  const find = async (where: Partial<ClientRow>) => {
    const row = await clients().where(where).first();
    return row ? toClient(row) : null;
  };

  const byClientId = {
    columns: [engine.place, ...columns.map((name) => `c.${name}`)],
    from: `FROM ${engine.eachOf('c.client_id', 'clients c')}`,
  };

  return {
    async insert(client) {
      const row = {
        id: client.id,
        client_id: client.clientId,
        name: client.name,
        name_folded: client.nameFolded,
        secret_hash: client.secretHash,
        can_revoke: client.canRevoke,
        created_at: client.createdAt,
      };
      return (await clients().insert(row).onConflict('name_folded').ignore().returning('id')).length > 0;
    },
    async list({ limit, before }) {
      const query = clients().orderBy('id', 'desc').limit(limit);
      if (before !== null) query.where('id', '<', before);
      return (await query).map(toClient);
    },
    findById: (id) => find({ id }),
    async findByClientIds(clientIds) {
      const trx = knex.isTransaction ? (knex as Knex.Transaction) : undefined;
      const found = clientIds.map((): ClientRecord | null => null);
      for (const [place, ...row] of await engine.select(byClientId, [engine.bindList(clientIds)], trx)) {
        found[Number(place)] = toClient(
          Object.fromEntries(columns.map((name, i) => [name, row[i]])) as unknown as ClientRow,
        );
      }
      return found;
    },
    setSecretHash: async (id, hash) => (await clients().where({ id }).update({ secret_hash: hash })) > 0,
    delete: async (id) => (await clients().where({ id }).delete()) > 0,
  };
}

function toClient(row: ClientRow): ClientRecord {
  return {
    id: row.id,
    clientId: row.client_id,
    name: row.name,
    nameFolded: row.name_folded,
    secretHash: row.secret_hash,
    canRevoke: Boolean(row.can_revoke),
    createdAt: Number(row.created_at),
  };
}
