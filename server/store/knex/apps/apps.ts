import type { Knex } from 'knex';
import type { Engine, Select } from '../../engine/engine.ts';
import type { AppEdit, AppStore } from '../../interfaces/apps.ts';
import { replaceHosts } from './app-hosts.ts';
import { type AppRow, appRow, groupsText, toApps } from './app-rows.ts';
import { lockAppVersion, replaceAppVersion } from './app-version.ts';

export function createAppStore(knex: Knex, engine: Engine): AppStore {
  const apps = () => knex<AppRow>('apps');
  const among = (column: string, values: readonly string[]): [string, [Knex.RawBinding]] => [
    engine.among(column),
    [engine.bindList(values) as Knex.RawBinding],
  ];
  const namesByIds: Select = {
    columns: ['a.id', 'a.name'],
    from: `FROM apps a WHERE ${engine.among('a.id')}`,
  };
  const find = async (query: PromiseLike<AppRow[]>) => toApps(knex, engine, await query);
  const findOne = async (where: { id: string } | { name: string }) => (await find(apps().where(where)))[0] ?? null;
  const findById = (id: string) => findOne({ id });

  /** Reads the apps again after the lock: until then, a transaction that held it may have changed them. */
  async function lockForUse(column: 'id' | 'name', values: readonly string[]) {
    if (values.length === 0) return [];
    if (engine.locksRows) {
      await apps()
        .whereRaw(...among(column, values))
        .orderBy('id')
        .forShare()
        .select('id');
    }
    const found = await find(apps().whereRaw(...among(column, values)));
    return found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Runs a change of apps, and replaces their version in the same transaction. */
  async function change<T>(work: () => Promise<T>): Promise<T> {
    if (engine.locksRows) await lockAppVersion(knex);
    const outcome = await work();
    await replaceAppVersion(knex);
    return outcome;
  }

  return {
    insert: (app) =>
      change(async () => {
        const inserted = await apps().insert(appRow(app)).onConflict('name').ignore().returning('id');
        if (inserted.length === 0) return 'name-taken';
        const takenHost = await replaceHosts(knex, app.id, app.hosts);
        return takenHost === null ? 'inserted' : { takenHost };
      }),
    edit: (id, edit) =>
      change(async () => {
        if ((await apps().where({ id }).update(changesOf(edit))) === 0) return 'missing';
        const takenHost = edit.hosts === undefined ? null : await replaceHosts(knex, id, edit.hosts);
        return takenHost === null ? 'edited' : { takenHost };
      }),
    delete: (id, force) =>
      change(async () => {
        // A transaction that restricts a token to the app holds its row. Without the lock, its token would not be seen here.
        if ((await apps().where({ id }).forUpdate().first('id')) === undefined) return 'missing';
        if (force) await knex('token_apps').where({ app_id: id }).delete();
        const tokens = knex('token_apps').where({ app_id: id }).select('app_id');
        return (await apps().where({ id }).whereNotExists(tokens).delete()) > 0 ? 'deleted' : 'in-use';
      }),
    findById,
    findByName: (name) => findOne({ name }),
    async list({ limit, before, name }) {
      const query = apps().orderBy('id', 'desc').limit(limit);
      if (before !== null) query.where('id', '<', before);
      if (name !== undefined) query.where({ name });
      return find(query);
    },
    names: (limit) => apps().orderBy('name').limit(limit).pluck('name'),
    async countTokens(id) {
      const [row] = await knex('token_apps').where({ app_id: id }).count({ tokens: '*' });
      return Number(row?.tokens ?? 0);
    },
    async namesOf(ids) {
      if (ids.length === 0) return new Map();
      const trx = knex.isTransaction ? (knex as Knex.Transaction) : undefined;
      const rows = await engine.select(namesByIds, [engine.bindList(ids)], trx);
      return new Map(rows as Array<[id: string, name: string]>);
    },
    async lock(id) {
      if (engine.locksRows) {
        await lockAppVersion(knex);
        await apps().where({ id }).forUpdate().first('id');
      }
      return findById(id);
    },
    lockByNames: (names) => lockForUse('name', names),
    lockByIds: (ids) => lockForUse('id', ids),
    async setTokenApps(tokenId, appIds) {
      await knex('token_apps').where({ token_id: tokenId }).delete();
      if (appIds.length === 0) return;
      await knex('token_apps').insert([...new Set(appIds)].sort().map((id) => ({ app_id: id, token_id: tokenId })));
    },
  };
}

function changesOf({ hosts: _, groups, url, maxExpirySeconds, preflight, changedAt }: AppEdit): Partial<AppRow> {
  return {
    changed_at: changedAt,
    ...(url !== undefined && { url }),
    ...(groups !== undefined && { groups: groupsText(groups) }),
    ...(maxExpirySeconds !== undefined && { max_expiry_seconds: maxExpirySeconds }),
    ...(preflight !== undefined && { preflight }),
  };
}
