import type { Knex } from 'knex';
import type { Engine, Row } from '../../engine/engine.ts';
import { batchesOf } from '../table-digest.ts';
import type { Witness } from './history.ts';

/**
 * Carries over what must not be undone about trusts: a deletion, a change, the pinned IDs of repositories, and that a subject token was
 * exchanged. A trust that was created since stays unknown, because its service account may be. Comes before deletions of service
 * accounts, to which trusts refer.
 */
export async function carryTrusts({ knex }: Engine, witnesses: readonly Witness[], now: number): Promise<void> {
  const known = await withTrusts(witnesses);
  for (const trust of (await knex('trusts').select()) as Row[]) await carryTrust(knex, known, trust);
  const ids = new Set<unknown>(await knex('trusts').pluck('id'));
  for (const witness of known) {
    await carryPins(knex, witness.knex, ids);
    await carryUsedTokens(knex, witness.knex, now);
  }
}

/** Leaves out databases of a release before trusts. */
async function withTrusts(witnesses: readonly Witness[]): Promise<Witness[]> {
  const known = await Promise.all(witnesses.map(({ knex }) => knex.schema.hasTable('trusts')));
  return witnesses.filter((_, index) => known[index]);
}

/** Gives a trust the state that was changed last, or deletes it if any database shows its deletion. */
async function carryTrust(knex: Knex, witnesses: readonly Witness[], trust: Row): Promise<void> {
  const id = String(trust.id);
  let latest = trust;
  for (const { knex: witness, continues } of witnesses) {
    const row: Row | undefined = await witness('trusts').where({ id }).first();
    if (row === undefined && (continues || (await isNamed(witness, id)))) return deleteTrust(knex, id);
    if (row !== undefined && Number(row.changed_at) > Number(latest.changed_at)) latest = row;
  }
  if (latest === trust) return;
  const account = await knex('users').where({ id: latest.service_account_id }).first('id');
  // It was given to a service account that the backup does not have.
  if (account === undefined) return deleteTrust(knex, id);
  await knex('trusts').where({ id }).update(latest);
}

/** Reports whether an audit event shows that the database had this trust. */
async function isNamed(knex: Knex, id: string): Promise<boolean> {
  return (await knex('audit').where({ target_kind: 'trust', target_id: id }).first('id')) !== undefined;
}

async function deleteTrust(knex: Knex, id: string): Promise<void> {
  await knex('trust_pins').where({ trust_id: id }).delete();
  await knex('trusts').where({ id }).delete();
}

async function carryPins(knex: Knex, witness: Knex, trusts: ReadonlySet<unknown>): Promise<void> {
  for await (const pins of batchesOf(witness, { name: 'trust_pins', key: ['trust_id', 'repository'] })) {
    for (const pin of pins) {
      if (trusts.has(pin.trust_id))
        await knex('trust_pins').insert(pin).onConflict(['trust_id', 'repository']).ignore();
    }
  }
}

async function carryUsedTokens(knex: Knex, witness: Knex, now: number): Promise<void> {
  for await (const used of batchesOf(witness, { name: 'used_subject_tokens', key: ['hash'] })) {
    for (const token of used) {
      if (Number(token.expires_at) >= now) await knex('used_subject_tokens').insert(token).onConflict('hash').ignore();
    }
  }
}
