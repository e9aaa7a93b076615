import type { Engine } from '../../engine/engine.ts';
import { waiting } from '../../knex/audit/positions.ts';
import { queueDeliveries } from '../../knex/webhooks/deliveries.ts';
import { actorColumns, auditColumns, auditTargetColumns } from '../../tables/audit.ts';
import { toRow } from '../../tables/column.ts';
import type { BackupSummary } from '../backup.ts';
import { type History, withoutHistorySuffix } from './history.ts';

/** Records what `readHistory` needs later: the last event of the replaced database, and whether anything is unknown. */
export async function recordRestore(
  { knex }: Engine,
  { id, at }: { id: string; at: number },
  { newestEventAt }: BackupSummary,
  { line, gap }: History,
): Promise<void> {
  const last = await line.at(-1)?.knex('audit').orderBy('rowid', 'desc').first('id');
  const backup = newestEventAt === null ? null : `backup of ${new Date(newestEventAt).toISOString()}`;
  const name = gap === null ? backup : `${backup}${withoutHistorySuffix}`;
  await knex('audit').insert({
    ...toRow(auditColumns, {
      id,
      at,
      action: 'database.restored',
      ownerId: null,
      ip: null,
      userAgent: null,
      changes: null,
    }),
    ...toRow(actorColumns, { kind: 'system', id: null, email: null }),
    ...toRow(auditTargetColumns, { kind: 'database', id: last?.id ?? null, name }),
    ...waiting,
  });
  await queueDeliveries(knex, { id, at, action: 'database.restored' });
}
