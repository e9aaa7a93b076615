import type { Knex } from 'knex';
import type { LastUse } from '../records.ts';

type Use = LastUse & { tokenId: string };

const usesAtOnce = 500;

// The casts tell PostgreSQL the types; SQLite takes them as they are.
const values =
  '(CAST(? AS text), CAST(? AS bigint), CAST(? AS text), CAST(? AS text), CAST(? AS text), CAST(? AS text))';

/** Writes each token's newest use, if it is newer than the one that is there. One statement for many tokens. */
export async function recordLastUses(knex: Knex, uses: readonly Use[]): Promise<void> {
  const newest = [...newestOfEach(uses)];
  if (newest.length === 0) return;
  await knex.transaction(async (trx) => {
    for (let start = 0; start < newest.length; start += usesAtOnce) {
      await write(trx, newest.slice(start, start + usesAtOnce));
    }
  });
}

async function write(trx: Knex.Transaction, uses: Use[]): Promise<void> {
  // In one order for all nodes, or two that write the same rows would wait for each other.
  const ids = uses.map((use) => use.tokenId);
  await trx('tokens').whereIn('id', ids).orderBy('id').forUpdate().select('id');
  const sql = `WITH use (token_id, at, method, path, ip, user_agent) AS (VALUES ${uses.map(() => values).join(', ')})
    UPDATE tokens SET last_used_at = use.at, last_used_method = use.method, last_used_path = use.path,
      last_used_ip = use.ip, last_used_user_agent = use.user_agent
    FROM use
    WHERE tokens.id = use.token_id AND (tokens.last_used_at IS NULL OR tokens.last_used_at < use.at)`;
  await trx.raw(
    sql,
    uses.flatMap((use) => [use.tokenId, use.at, use.method, use.path, use.ip, use.userAgent] as Knex.RawBinding[]),
  );
}

function newestOfEach(uses: readonly Use[]): Iterable<Use> {
  const newest = new Map<string, Use>();
  for (const use of uses) {
    const known = newest.get(use.tokenId);
    if (!known || known.at < use.at) newest.set(use.tokenId, use);
  }
  return newest.values();
}
