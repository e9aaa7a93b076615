import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { AppRecord, SearchText, ServiceAccountSummary, UserSummary } from '../../records.ts';
import { serviceAccountSummaries, toSummaries } from '../accounts/service-account-rows.ts';
import { toSummary, type UserRow, withTokenSummary } from '../accounts/user-rows.ts';
import { toApps } from '../apps/app-rows.ts';
import { describes, maxSearched, whereBegins } from './beginning.ts';

/** Written as in the indexes of members and service accounts. SQLite does not recognize them by the value of a parameter. */
const isMember = "kind = 'member' AND deleted_at IS NULL";
const isAccount = "kind = 'service-account' AND deleted_at IS NULL";
const isIndexedAccount = "kind = 'service-account' AND coalesce(deleted_at, 0) = 0";

/** See `SearchStore.members`. */
export async function findMembers(knex: Knex, engine: Engine, folded: string, limit: number): Promise<UserSummary[]> {
  const ids = new Set<string>();
  for (const column of ['email_folded', 'name_folded']) {
    for (const id of await beginning(knex, engine, { of: isMember, column, start: folded, limit })) ids.add(id);
  }
  if (ids.size < limit) {
    const condition = `${engine.contains('name_folded')} OR ${engine.contains('email_folded')}`;
    const among = newest(knex, ['name_folded', 'email_folded', 'kind', 'deleted_at']);
    const found = among.whereRaw(isMember).whereRaw(`(${condition})`, [folded, folded]).limit(limit);
    for (const id of await found.pluck('id')) ids.add(id);
  }
  const users = knex<UserRow>('users')
    .whereRaw(isMember)
    .whereRaw(...amongIds(engine, [...ids]));
  return (await withTokenSummary(knex, users)).map(toSummary);
}

/** See `SearchStore.serviceAccounts`. */
export async function findServiceAccounts(
  knex: Knex,
  engine: Engine,
  { text, folded }: SearchText,
  limit: number,
  only?: readonly string[],
): Promise<ServiceAccountSummary[]> {
  const said = `(${engine.contains('name_folded')} OR ${describes(engine, 'description')})`;
  const bindings = [folded, text, folded];
  if (only !== undefined) {
    const own = serviceAccountSummaries(knex).whereRaw(...amongIds(engine, only));
    return toSummaries(knex, engine, own.whereRaw(said, bindings).limit(limit));
  }
  const ids = new Set(
    await beginning(knex, engine, { of: isIndexedAccount, column: 'name_folded', start: folded, limit }),
  );
  if (ids.size < limit) {
    const accounts = knex('users').whereRaw(isAccount).orderBy('id', 'desc').limit(maxSearched);
    const among = knex.from(accounts.select('id', 'name_folded', 'description').as('accounts'));
    for (const id of await among.whereRaw(said, bindings).limit(limit).pluck('id')) ids.add(id);
  }
  return toSummaries(knex, engine, serviceAccountSummaries(knex).whereRaw(...amongIds(engine, [...ids])));
}

/** See `SearchStore.apps`. */
export async function findApps(knex: Knex, engine: Engine, folded: string, limit: number): Promise<AppRecord[]> {
  const newestApps = knex('apps').orderBy('id', 'desc').limit(maxSearched);
  const hosts = knex('app_hosts').limit(maxSearched).select('host', 'app_id').as('some_hosts');
  const named = knex.from(newestApps.select('id', 'name').as('some_apps')).whereRaw(engine.contains('name'), folded);
  const ids = new Set<string>(await named.limit(limit).pluck('id'));
  const hosting = knex.from(hosts).whereRaw(engine.contains('host'), folded).limit(limit);
  for (const id of await hosting.pluck('app_id')) ids.add(id);
  return toApps(knex, engine, await knex('apps').whereRaw(...amongIds(engine, [...ids])));
}

function amongIds(engine: Engine, ids: readonly string[]): [string, [Knex.RawBinding]] {
  return [engine.among('id'), [engine.bindList(ids) as Knex.RawBinding]];
}

function newest(knex: Knex, columns: readonly string[]): Knex.QueryBuilder {
  const users = knex('users').select('id', ...columns);
  return knex.from(users.orderBy('id', 'desc').limit(maxSearched).as('newest'));
}

function beginning(
  knex: Knex,
  engine: Engine,
  { of, column, start, limit }: { of: string; column: string; start: string; limit: number },
): Promise<string[]> {
  const found = knex('users').whereRaw(of).limit(limit);
  whereBegins(found, engine, column, start);
  return found.orderByRaw(`${engine.bytewise(column)}, id`).pluck('id');
}
