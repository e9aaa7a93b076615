import { count } from '../../../../shared/count.ts';
import type { Engine } from '../../engine/engine.ts';
import type { DatabaseFinding } from '../../findings.ts';

/** Examines whether passkeys still work at `host`. Returns nothing if there are none, or if the database has no table for them yet. */
export async function checkPasskeys({ knex }: Engine, host: string | undefined): Promise<DatabaseFinding[]> {
  if (host === undefined || !(await knex.schema.hasTable('passkeys'))) return [];
  const rows: Array<{ rp_id: string; number: number | string }> = await knex('passkeys')
    .groupBy('rp_id')
    .orderBy('rp_id')
    .select('rp_id', knex.raw('count(*) AS number'));
  const subject = 'passkeys';
  const elsewhere = rows.filter(({ rp_id: own }) => own !== host);
  if (rows.length === 0) return [];
  if (elsewhere.length === 0) return [{ subject, ok: true, detail: `All passkeys are for ${host}.` }];
  const lost = elsewhere.map(({ rp_id: own, number }) => `${count(Number(number), 'passkey')} for ${own}`).join(', ');
  const detail = `The public URL names ${host}, but members have ${lost}, which work at no other host. Set TOKENSD_PUBLIC_URL back, or let these members remove their passkeys and add new ones.`;
  return [{ subject, ok: false, detail }];
}
