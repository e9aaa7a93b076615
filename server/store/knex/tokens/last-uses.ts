import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { LastUse } from '../../records.ts';

type Use = LastUse & { tokenId: string };

const usesAtOnce = 2000;

/** How far the clocks of several nodes may be apart. */
const skewMs = 60_000;

/**
 * Writes each token's newest use, if it is newer than the one that is there, or that one is yet to come: its clock was
 * wrong. One statement for many tokens.
 */
export async function recordLastUses(
  knex: Knex,
  engine: Engine,
  uses: readonly Use[],
  now = Number.MAX_SAFE_INTEGER - skewMs,
): Promise<void> {
  const newest = [...newestOfEach(uses)];
  if (newest.length === 0) return;
  await knex.transaction(async (trx) => {
    for (let start = 0; start < newest.length; start += usesAtOnce) {
      await write(trx, engine, newest.slice(start, start + usesAtOnce), now + skewMs);
    }
  });
}

/** The uses travel as one JSON text: thousands of bound values would cost fifteen times as much. */
async function write(trx: Knex.Transaction, engine: Engine, uses: Use[], toCome: number): Promise<void> {
  if (engine.locksRows) {
    // In one order for all nodes, or two that write the same rows would wait for each other.
    const ids = engine.bindList(uses.map((use) => use.tokenId));
    await trx.raw(`SELECT id FROM tokens WHERE ${engine.among('id')} ORDER BY id FOR UPDATE`, [ids as Knex.RawBinding]);
  }
  const sql = `UPDATE tokens SET last_used_at = CAST(used.value ->> 1 AS bigint), last_used_method = used.value ->> 2,
      last_used_path = used.value ->> 3, last_used_ip = used.value ->> 4, last_used_user_agent = used.value ->> 5
    FROM ${engine.jsonElements} AS used
    WHERE tokens.id = used.value ->> 0
      AND (tokens.last_used_at IS NULL OR tokens.last_used_at < CAST(used.value ->> 1 AS bigint)
        OR tokens.last_used_at > CAST(? AS bigint))`;
  const rows = uses.map((use) => [
    use.tokenId,
    use.at,
    use.method,
    storable(use.path),
    use.ip,
    storable(use.userAgent),
  ]);
  await trx.raw(sql, [JSON.stringify(rows), toCome]);
}

/** What no JSON of PostgreSQL may hold, and no text of anybody needs. */
function storable(text: string | null): string | null {
  return text?.replace(/[\0\p{Cs}]/gu, '\ufffd') ?? null;
}

function newestOfEach(uses: readonly Use[]): Iterable<Use> {
  const newest = new Map<string, Use>();
  for (const use of uses) {
    const known = newest.get(use.tokenId);
    if (!known || known.at < use.at) newest.set(use.tokenId, use);
  }
  return newest.values();
}
