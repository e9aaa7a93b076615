import type { Knex } from 'knex';
import type { NewPause } from '../../interfaces/tokens/changes.ts';

/** See `TokenChangeStore.pause`. */
export async function pauseToken(
  knex: Knex,
  id: string,
  { at, until, reason, actor, bySuperuser }: NewPause,
): Promise<boolean> {
  const paused = await changeable(knex, id, at, bySuperuser).update({
    paused_at: at,
    paused_until: until,
    paused_reason: reason,
    paused_by_kind: actor.kind,
    paused_by_id: actor.id,
    paused_by_email: actor.email,
    paused_by_superuser: bySuperuser,
  });
  return paused > 0;
}

/** See `TokenChangeStore.resume`. */
export async function resumeToken(knex: Knex, id: string, at: number, bySuperuser: boolean): Promise<boolean> {
  const resumed = await changeable(knex, id, at, bySuperuser).update({
    paused_at: null,
    paused_until: null,
    paused_reason: null,
    paused_by_kind: null,
    paused_by_id: null,
    paused_by_email: null,
    paused_by_superuser: false,
    resumed_at: at,
  });
  return resumed > 0;
}

/** Selects a token, unless it is in a superuser's pause and the change is not a superuser's. */
function changeable(knex: Knex, id: string, at: number, bySuperuser: boolean): Knex.QueryBuilder {
  const token = knex('tokens').where({ id });
  if (bySuperuser) return token;
  return token.where((pause) =>
    pause.where('paused_by_superuser', false).orWhereNull('paused_at').orWhere('paused_until', '<=', at),
  );
}
