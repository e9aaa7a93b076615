import type { Knex } from 'knex';
import type { Engine, Row } from '../../../engine/engine.ts';
import { batchesOf } from '../../table-digest.ts';
import type { DataTable } from '../../tables.ts';
import type { Witness } from '../history.ts';

/**
 * Carries over what must not be undone about trusts: a deletion, a change, the pinned IDs of repositories and their owners, and that a subject token was
 * exchanged. A trust that was created since stays unknown, because its service account may be. Comes before deletions of service
 * accounts, to which trusts refer.
 */
export async function carryTrusts({ knex }: Engine, witnesses: readonly Witness[], now: number): Promise<void> {
  const known = await withTrusts(witnesses);
  for (const trust of (await knex('trusts').select()) as Row[]) await carryTrust(knex, known, trust);
  const issuers = await issuersOf(knex);
  for (const witness of known) {
    await carryPins(knex, witness.knex, issuers);
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
  if (latest.issuer !== trust.issuer) await knex('trust_pins').where({ trust_id: id }).delete();
}

/** Returns the issuers of all trusts, by the IDs of the trusts. */
async function issuersOf(knex: Knex): Promise<Map<unknown, unknown>> {
  const trusts: Row[] = await knex('trusts').select('id', 'issuer');
  return new Map(trusts.map(({ id, issuer }) => [id, issuer]));
}

/** Reports whether an audit event shows that the database had this trust. */
async function isNamed(knex: Knex, id: string): Promise<boolean> {
  return (await knex('audit').where({ target_kind: 'trust', target_id: id }).first('id')) !== undefined;
}

async function deleteTrust(knex: Knex, id: string): Promise<void> {
  await knex('trust_pins').where({ trust_id: id }).delete();
  await knex('trusts').where({ id }).delete();
}

const pinKey: DataTable['key'] = ['trust_id', 'kind', 'name'];

/** Carries over the pins of trusts that have the same issuer here and there. */
async function carryPins(knex: Knex, witness: Knex, issuers: ReadonlyMap<unknown, unknown>): Promise<void> {
  const theirs = await issuersOf(witness);
  for await (const pins of batchesOf(witness, { name: 'trust_pins', key: pinKey })) {
    for (const pin of pins) {
      const isSame = issuers.has(pin.trust_id) && issuers.get(pin.trust_id) === theirs.get(pin.trust_id);
      if (isSame)
        await knex('trust_pins')
          .insert(pin)
          .onConflict([...pinKey])
          .ignore();
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
