import type { Knex } from 'knex';
import type { Engine, Row } from '../../../engine/engine.ts';
import { batchesOf } from '../../table-digest.ts';
import type { Witness } from '../history.ts';
import { carryLeaks } from './leaks.ts';

export interface RevokedToken {
  prefix: string;
  name: string;
  owner: string;
  /** Null if the database no longer knows, because the revocation was carried over by an earlier restore. */
  revokedAt: number | null;
}

/** How a token ended. `revokedAt` is undefined if it was not revoked: its name was used again after it had expired. */
interface End {
  revokedAt: number | null | undefined;
}

/**
 * Destroys each token of the backup that ended since, according to any of the witnesses. Also adds the values that were
 * reported as leaked since. Returns the tokens that were revoked.
 * A tombstone is purged after 90 days, and the event of a revocation as `TOKENSD_KEEP_AUDIT` says. If the event may be gone, a token that the witness lacks counts as revoked.
 */
export async function carryRevocations(
  engine: Engine,
  witnesses: readonly Witness[],
  now: number,
): Promise<RevokedToken[]> {
  const { knex } = engine;
  await carryLeaks(engine, witnesses);
  const revoked: RevokedToken[] = [];
  for await (const tokens of batchesOf(knex, { name: 'tokens', key: ['id'] })) {
    for (const witness of witnesses) {
      for (const token of await tokensMissingFrom(witness.knex, tokens)) {
        const end = await endOf(witness, token, now);
        const destroyed = end !== null && (await destroy(knex, witness.knex, token));
        if (destroyed && end.revokedAt !== undefined) revoked.push(await describe(knex, token, end.revokedAt));
      }
    }
  }
  return revoked;
}

async function describe(knex: Knex, token: Row, revokedAt: number | null): Promise<RevokedToken> {
  const owner: Row | undefined = await knex('users').where({ id: token.owner_id }).first('email');
  return { prefix: String(token.prefix), name: String(token.name), owner: String(owner?.email), revokedAt };
}

async function tokensMissingFrom(knex: Knex, tokens: Row[]): Promise<Row[]> {
  // By ID, because a token that was rotated has another hash.
  const ids = tokens.map(({ id }) => String(id));
  const present = new Set(await knex('tokens').whereIn('id', ids).pluck('id'));
  return tokens.filter(({ id }) => !present.has(id));
}

/**
 * Returns how a token ended that the witness does not have. Returns null if nothing shows that the witness ever had it, as
 * when it was restored from a backup older than the token.
 */
async function endOf({ knex, continues, forgotUntil }: Witness, token: Row, now: number): Promise<End | null> {
  const tombstone: Row | undefined = await knex('tombstones').where({ hash: token.hash }).first();
  // A release that stored no reasons destroyed tokens only by revoking them.
  const isRevoked = (tombstone?.reason ?? 'revoked') === 'revoked';
  if (tombstone !== undefined) return { revokedAt: isRevoked ? Number(tombstone.revoked_at) : undefined };
  const events: Row[] = await knex('audit')
    .where({ target_kind: 'token', target_id: token.id })
    .whereIn('action', ['token.created', 'token.revoked']);
  const revocation = events.find(({ action }) => action === 'token.revoked');
  if (revocation !== undefined) return { revokedAt: Number(revocation.at) };
  if (events.length === 0 && !continues && forgotUntil === null) return null;
  const expired = token.expires_at !== null && Number(token.expires_at) <= now;
  return { revokedAt: expired ? undefined : null };
}

/** Copies the tombstones of all its values. Returns false if the token was destroyed before, as another witness knew. */
function destroy(knex: Knex, witness: Knex, { id, hash }: Row): Promise<boolean> {
  return knex.transaction(async (trx) => {
    const previous: string[] = await trx('previous_values').where({ token_id: id }).pluck('hash');
    const deleted = await trx('tokens').where({ id }).delete();
    if (deleted === 0) return false;
    const tombstones: Row[] = await witness('tombstones').whereIn('hash', [String(hash), ...previous]);
    for (const tombstone of tombstones) await trx('tombstones').insert(tombstone).onConflict('hash').ignore();
    return true;
  });
}
