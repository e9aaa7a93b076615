import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import { lockPosition, movePosition } from '../notifications/positions.ts';

const job = 'audit-addresses';

/** Maximum number of events that one statement looks at. Most of them may have no address. */
const maxSlice = 2_000;

interface CutQuery {
  before: number;
  limit: number;
  cut: (ip: string) => string | null;
}

/**
 * Replaces old IP addresses, in the order of the times of their events. The position of the job is the time up to which all addresses are
 * cut. If the clock was set back, the position goes back too, because events may come in between.
 */
export async function cutAddresses(knex: Knex, engine: Engine, { before, limit, cut }: CutQuery): Promise<boolean> {
  return knex.transaction(async (trx) => {
    const position = await lockPosition(trx, job, 0);
    const from = Math.min(position.at, before);
    const slice = () => trx('audit').where('at', '>=', from).where('at', '<', before);
    const next = await slice().orderBy('at').offset(maxSlice).first('at');
    // Many events may have the same time.
    const until = next === undefined ? before : Math.max(Number(next.at), from + 1);
    const whole: Array<{ id: string; ip: string }> = await slice()
      .where('at', '<', until)
      .whereRaw("ip NOT LIKE '%/%'")
      .limit(limit)
      .select('id', 'ip');
    if (whole.length > 0) {
      const cutOnes = JSON.stringify(whole.map(({ id, ip }) => [id, cut(ip)]));
      await trx.raw(
        `UPDATE audit SET ip = list.value ->> 1 FROM ${engine.jsonElements} AS list WHERE audit.id = list.value ->> 0`,
        [cutOnes],
      );
    }
    const isDone = whole.length < limit;
    await movePosition(trx, { ...position, at: isDone ? until : from });
    return !isDone || until < before;
  });
}

/** Returns the different addresses that begin with one of these texts. Reads one entry of the index for each. */
export async function addressesBeginningWith(
  knex: Knex,
  engine: Engine,
  starts: readonly string[],
  limit: number,
): Promise<string[]> {
  const ip = engine.bytewise('ip');
  const next = (from: string) => `SELECT min(${ip}) FROM audit WHERE ${from} AND ${ip} < ?`;
  const select = `WITH RECURSIVE found (ip) AS (
      SELECT (${next(`${ip} >= ?`)})
      UNION ALL SELECT (${next(`${ip} > ${engine.bytewise('found.ip')}`)}) FROM found WHERE found.ip IS NOT NULL
    ) SELECT ip FROM found WHERE ip IS NOT NULL LIMIT ?`;
  const all: string[] = [];
  for (const start of starts) {
    // No address contains a tilde or a character after it.
    const end = `${start}~`;
    const found = engine.rows(await knex.raw(select, [start, end, end, limit - all.length]));
    all.push(...found.map((row) => String(row.ip)));
    if (all.length >= limit) break;
  }
  return all;
}
