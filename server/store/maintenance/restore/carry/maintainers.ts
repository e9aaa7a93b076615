import type { Knex } from 'knex';
import type { Engine } from '../../../engine/engine.ts';
import type { Witness } from '../history.ts';

/** The IDs of the maintainers of each service account. */
type Maintainers = ReadonlyMap<string, readonly string[]>;

/**
 * Gives service accounts the maintainers that they had since. If the history is incomplete, keeps only those of the backup whom every
 * database that knows the service account lists, because a maintainer can take over its tokens. Comes after deletions.
 */
export async function carryMaintainers(
  { knex }: Engine,
  witnesses: readonly Witness[],
  complete: boolean,
): Promise<void> {
  const before = await maintainersIn(knex);
  const known = await withMaintainers(witnesses);
  const accounts: string[] = await knex('users').where({ kind: 'service-account' }).whereNull('deleted_at').pluck('id');
  const members = new Set<string>(await knex('users').where({ kind: 'member' }).whereNull('deleted_at').pluck('id'));
  await knex.transaction(async (trx) => {
    for (const id of accounts) {
      const lists = known.filter(({ users }) => users.has(id)).map(({ maintainers }) => maintainers.get(id) ?? []);
      const newest = lists.at(-1);
      if (newest === undefined) continue;
      const kept = complete
        ? newest
        : (before.get(id) ?? []).filter((member) => lists.every((list) => list.includes(member)));
      await trx('maintainers').where({ service_account_id: id }).delete();
      for (const member of kept.filter((member) => members.has(member))) {
        await trx('maintainers').insert({ service_account_id: id, user_id: member });
      }
    }
  });
}

/** Leaves out databases of a release before service accounts. */
async function withMaintainers(witnesses: readonly Witness[]) {
  const known: Array<Witness & { maintainers: Maintainers }> = [];
  for (const witness of witnesses) {
    if (!(await witness.knex.schema.hasTable('maintainers'))) continue;
    known.push({ ...witness, maintainers: await maintainersIn(witness.knex) });
  }
  return known;
}

async function maintainersIn(knex: Knex): Promise<Maintainers> {
  const maintainers = new Map<string, string[]>();
  for (const { service_account_id: account, user_id: member } of await knex('maintainers')) {
    maintainers.set(account, [...(maintainers.get(account) ?? []), member]);
  }
  return maintainers;
}
