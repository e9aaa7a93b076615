import type { Knex } from 'knex';
import { type RecordOf, type RowOf, toRecord, toRow } from '../../tables/column.ts';
import { positionColumns } from '../../tables/notices.ts';

export type Position = RecordOf<typeof positionColumns>;

/**
 * Locks a job's position until the transaction ends, so that several nodes read the table one after the other. A new position
 * begins at `start`.
 */
export async function lockPosition(trx: Knex.Transaction, job: string, start: number): Promise<Position> {
  const [row] = await trx<RowOf<typeof positionColumns>>('job_positions')
    .insert(toRow(positionColumns, { job, at: start, id: '' }))
    .onConflict('job')
    // This update changes nothing. It locks the row and returns it.
    .merge(['job'])
    .returning('*');
  if (row === undefined) throw new Error('The position of a job disappeared during the transaction that read it.');
  return toRecord(positionColumns, row);
}

export async function movePosition(trx: Knex.Transaction, { job, at, id }: Position): Promise<void> {
  await trx('job_positions').where({ job }).update({ at, id });
}

/** Returns the positions of all jobs. */
export async function readPositions(knex: Knex): Promise<Position[]> {
  const rows = await knex<RowOf<typeof positionColumns>>('job_positions').select('*');
  return rows.map((row) => toRecord(positionColumns, row));
}
