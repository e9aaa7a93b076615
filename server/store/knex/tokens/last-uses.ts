import type { Knex } from 'knex';
import { limits } from '../../../../shared/limits.ts';
import type { Engine } from '../../engine/engine.ts';
import type { LastUse } from '../../records.ts';
import { lastUseColumns } from '../../tables/tokens.ts';

type Use = LastUse & { tokenId: string };

const maxUsesPerStatement = 2000;

/** Maximum difference between the clocks of several nodes. */
const maxSkewMs = 60_000;

/**
 * Stores the newest use of each token, in one transaction:
 *
 * 1. Of several uses of one token, keep the newest.
 * 2. Lock the tokens in the order of their IDs. Two nodes that write the same tokens then queue instead of deadlocking.
 * 3. Update each token whose stored use is older, or missing. A use without a path does not replace one with a path that is
 *    less than a day older, so that a thief who calls `/verify` directly hides no evidence. A stored use more than `maxSkewMs` after `now` is
 *    overwritten, too: it was recorded while a clock was wrong, and would otherwise hide every later use.
 */
export async function recordLastUses(
  knex: Knex,
  engine: Engine,
  uses: readonly Use[],
  now = Number.MAX_SAFE_INTEGER - maxSkewMs,
): Promise<void> {
  const newest = [...newestOfEach(uses)];
  if (newest.length === 0) return;
  await knex.transaction(async (trx) => {
    for (let start = 0; start < newest.length; start += maxUsesPerStatement) {
      const batch = newest.slice(start, start + maxUsesPerStatement);
      if (engine.locksRows) await lockTokens(trx, engine, batch);
      await trx.raw(updateSql(engine), [toJson(batch), now + maxSkewMs]);
    }
  });
}

function newestOfEach(uses: readonly Use[]): Iterable<Use> {
  const newest = new Map<string, Use>();
  for (const use of uses) {
    const known = newest.get(use.tokenId);
    if (!known || known.at < use.at) newest.set(use.tokenId, use);
  }
  return newest.values();
}

async function lockTokens(trx: Knex.Transaction, engine: Engine, uses: Use[]): Promise<void> {
  const ids = engine.bindList(uses.map((use) => use.tokenId));
  await trx.raw(`SELECT id FROM tokens WHERE ${engine.among('id')} ORDER BY id FOR UPDATE`, [ids as Knex.RawBinding]);
}

/** Takes rows as `toJson` writes them: the token's ID, then the values in the order of `lastUseColumns`. */
function updateSql(engine: Engine): string {
  const assignments = Object.values(lastUseColumns).map(
    ({ name, sqlType }, index) => `${name} = CAST(used.value ->> ${index + 1} AS ${sqlType})`,
  );
  return `UPDATE tokens SET ${assignments.join(', ')}
    FROM ${engine.jsonElements} AS used
    WHERE tokens.id = used.value ->> 0
      AND (tokens.last_used_at IS NULL OR tokens.last_used_at > CAST(? AS bigint)
        OR tokens.last_used_at < CAST(used.value ->> 1 AS bigint) - CASE
          WHEN tokens.last_used_path IS NOT NULL AND used.value ->> 3 IS NULL THEN ${limits.reportedUseMs} ELSE 0 END)`;
}

/** Returns all uses as one JSON text, because binding thousands of values takes fifteen times as long. */
function toJson(uses: readonly Use[]): string {
  const rows = uses.map((use) => [
    use.tokenId,
    use.at,
    use.method,
    storable(use.path),
    use.ip,
    storable(use.userAgent),
  ]);
  return JSON.stringify(rows);
}

/** Replaces NUL and lone surrogates, which PostgreSQL does not accept in JSON. */
function storable(text: string | null): string | null {
  return text?.replace(/[\0\p{Cs}]/gu, '\ufffd') ?? null;
}
