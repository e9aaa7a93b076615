import type { Knex } from 'knex';
import { limits } from '../../../../shared/limits.ts';
import type { Engine } from '../../engine/engine.ts';
import type { LeakStore } from '../../interfaces/leaks.ts';
import type { LeakRecord } from '../../records.ts';
import { type RowOf, toRecord, toRow } from '../../tables/column.ts';
import { leakColumns } from '../../tables/leaks.ts';
import { lockPosition, movePosition } from '../notifications/positions.ts';

type LeakRow = RowOf<typeof leakColumns>;

/** The name of the position in `job_positions`. Its time is that of the last claim. */
const digestPosition = 'leak-digest';

/** The outcomes, each stricter than those before. */
const outcomes: ReadonlyArray<LeakRecord['outcome']> = ['canary', 'notified', 'paused', 'ended', 'revoked'];

export function createLeakStore(knex: Knex, engine: Engine): LeakStore {
  const leaks = () => knex<LeakRow & { told_at: number | string | null; places: string }>('leaks');
  const toLeak = (row: object): LeakRecord => toRecord(leakColumns, row);

  return {
    async report({ at, ...leak }, { places, isUndone }) {
      const [row] = await leaks()
        .insert(toRow(leakColumns, { ...leak, reports: 1, firstAt: at, lastAt: at }))
        .onConflict('hash')
        .merge({
          reports: knex.raw('leaks.reports + 1'),
          last_at: knex.raw(engine.greatest(['leaks.last_at', 'excluded.last_at'])),
        })
        .returning(['reports', 'outcome', 'places']);
      const known = row === undefined || row.places === '' ? [] : row.places.split(' ');
      const newPlaces = places.filter((place) => !known.includes(place)).slice(0, limits.maxLeakPlaces - known.length);
      if (newPlaces.length > 0) {
        await leaks()
          .where({ hash: leak.hash })
          .update({ places: [...known, ...newPlaces].join(' ') });
      }
      if (row === undefined || Number(row.reports) === 1) return { isActing: true, newPlaces };
      const stricter = outcomes.indexOf(leak.outcome) - outcomes.indexOf(row.outcome);
      const isActing = stricter > 0 || (stricter === 0 && isUndone);
      if (isActing) await leaks().where({ hash: leak.hash }).update({ outcome: leak.outcome, told_at: null });
      return { isActing, newPlaces };
    },
    claimUntold: (now, intervalMs, limit) =>
      knex.transaction(async (trx) => {
        // The condition on the time is always true, and lets SQLite search the index.
        const untold = () => trx<LeakRow>('leaks').whereRaw('told_at IS NULL').where('first_at', '>=', 0);
        // Most runs find none. They need not wait for the other nodes.
        if ((await untold().first('hash')) === undefined) return [];
        const position = await lockPosition(trx, digestPosition, now - intervalMs);
        // A time in the future means that the clock was set back.
        if (position.at > now - intervalMs && position.at <= now) return [];
        const rows = await untold().orderBy('first_at').orderBy('hash').limit(limit);
        if (rows.length === 0) return [];
        const hashes = rows.map(({ hash }) => hash);
        await trx('leaks').whereIn('hash', hashes).update({ told_at: now });
        await movePosition(trx, { ...position, at: now });
        return rows.map(toLeak);
      }),
    purge(before, limit) {
      const tokens = knex('tokens').whereRaw('tokens.id = leaks.token_id');
      const old = knex('leaks')
        .select('hash')
        .where('last_at', '<', before)
        .whereNotExists(tokens)
        .orderBy('last_at')
        .limit(limit);
      return knex('leaks').whereIn('hash', old).delete();
    },
  };
}
