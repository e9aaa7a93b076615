import type { Knex } from 'knex';
import { limits } from '../../../../shared/limits.ts';
import type { Engine } from '../../engine/engine.ts';
import type { TokenUse } from '../../records.ts';
import { lastUseColumns } from '../../tables/tokens.ts';

const maxUsesPerStatement = 2000;

/** Maximum difference between the clocks of several nodes. */
const maxSkewMs = 60_000;

/**
 * Stores the newest use of each value, in one transaction:
 *
 * 1. Of several uses of one value, keep the newest.
 * 2. Lock the tokens in the order of their IDs. Two nodes that write the same tokens then queue instead of deadlocking.
 * 3. Update each value whose stored use is older, or missing. A use without a path does not replace one with a path that is
 *    less than a day older, so that a thief who calls `/verify` directly hides no evidence. A stored use more than `maxSkewMs` after `now` is
 *    overwritten, too: it was recorded while a clock was wrong, and would otherwise hide every later use.
 */
export async function recordLastUses(
  knex: Knex,
  engine: Engine,
  uses: readonly TokenUse[],
  now = Number.MAX_SAFE_INTEGER - maxSkewMs,
): Promise<void> {
  const newest = [...newestOfEach(uses)];
  if (newest.length === 0) return;
  await knex.transaction(async (trx) => {
    for (let start = 0; start < newest.length; start += maxUsesPerStatement) {
      const batch = newest.slice(start, start + maxUsesPerStatement);
      if (engine.locksRows) await lockTokens(trx, engine, batch);
      const current = batch.filter((use) => !use.previous);
      if (current.length > 0) await trx.raw(updateSql(engine, currentValue), [toJson(current), now + maxSkewMs]);
      const previous = batch.filter((use) => use.previous);
      if (previous.length > 0) await recordPreviousUses(trx, engine, previous, now);
    }
  });
}

function newestOfEach(uses: readonly TokenUse[]): Iterable<TokenUse> {
  const newest = new Map<string, TokenUse>();
  for (const use of uses) {
    // A token has one current value, so that most keys need not be composed.
    const key = use.previous ? `${use.tokenId} ${use.prefix ?? ''}` : use.tokenId;
    const known = newest.get(key);
    if (!known || known.at < use.at) newest.set(key, use);
  }
  return newest.values();
}

async function lockTokens(trx: Knex.Transaction, engine: Engine, uses: TokenUse[]): Promise<void> {
  const ids = engine.bindList(uses.map((use) => use.tokenId));
  await trx.raw(`SELECT id FROM tokens WHERE ${engine.among('id')} ORDER BY id FOR NO KEY UPDATE`, [
    ids as Knex.RawBinding,
  ]);
}

/** Stores uses of previous values, and the newest of each token with the token, where verification reads it. */
async function recordPreviousUses(
  trx: Knex.Transaction,
  engine: Engine,
  uses: readonly TokenUse[],
  now: number,
): Promise<void> {
  const bindings = [toJson(uses), now + maxSkewMs];
  await trx.raw(updateSql(engine, previousValue), bindings);
  await trx.raw(
    `UPDATE tokens SET previous_used_at = CAST(used.value ->> 1 AS bigint) FROM ${engine.jsonElements} AS used
      WHERE tokens.id = used.value ->> 0
        AND (previous_used_at IS NULL OR previous_used_at < CAST(used.value ->> 1 AS bigint)
          OR previous_used_at > CAST(? AS bigint))`,
    bindings,
  );
}

/** The table whose rows are values that can be used, and how a use names its row. A use without a prefix is of the current value. */
interface ValueTable {
  table: 'tokens' | 'previous_values';
  isUsed: string;
}

const currentValue: ValueTable = {
  table: 'tokens',
  isUsed: `tokens.id = used.value ->> 0 AND (used.value ->> 6 IS NULL OR tokens.prefix = used.value ->> 6)`,
};

const previousValue: ValueTable = {
  table: 'previous_values',
  isUsed: `previous_values.token_id = used.value ->> 0 AND previous_values.prefix = used.value ->> 6
      AND previous_values.rotated_at <= CAST(used.value ->> 1 AS bigint)`,
};

/** Takes rows as `toJson` writes them: the token's ID, the values in the order of `lastUseColumns`, then the prefix. */
function updateSql(engine: Engine, { table, isUsed }: ValueTable): string {
  const assignments = Object.values(lastUseColumns).map(
    ({ name, sqlType }, index) => `${name} = CAST(used.value ->> ${index + 1} AS ${sqlType})`,
  );
  return `UPDATE ${table} SET ${assignments.join(', ')}
    FROM ${engine.jsonElements} AS used
    WHERE ${isUsed}
      AND (${table}.last_used_at IS NULL OR ${table}.last_used_at > CAST(? AS bigint)
        OR ${table}.last_used_at < CAST(used.value ->> 1 AS bigint) - CASE
          WHEN ${table}.last_used_path IS NOT NULL AND used.value ->> 3 IS NULL THEN ${limits.reportedUseMs} ELSE 0 END)`;
}

/** Returns all uses as one JSON text, because binding thousands of values takes fifteen times as long. */
function toJson(uses: readonly TokenUse[]): string {
  const rows = uses.map((use) => [
    use.tokenId,
    use.at,
    use.method,
    storable(use.path),
    use.ip,
    storable(use.userAgent),
    use.prefix ?? null,
  ]);
  return JSON.stringify(rows);
}

/** Replaces NUL and lone surrogates, which PostgreSQL does not accept in JSON. */
export function storable(text: string | null): string | null {
  return text?.replace(/[\0\p{Cs}]/gu, '\ufffd') ?? null;
}
