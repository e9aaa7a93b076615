import type { Knex } from 'knex';
import type { SessionBounds } from '../../records.ts';

// The store contract compares these conditions with the domain's `isActive`, for sessions of every kind at every bound.

/** Restricts a query to sessions that have ended. */
export function whereEnded(query: Knex.QueryBuilder, { now, console, program }: SessionBounds): void {
  query
    .where('expires_at', '<=', now)
    .orWhere('console_started_at', '<=', console.started)
    .orWhere('program_started_at', '<=', program.started)
    .orWhere((session) => session.whereNotNull('program_started_at').where('last_seen_at', '<=', program.seen))
    .orWhere((session) => ofConsole(session).where('last_seen_at', '<=', console.seen))
    .orWhere((session) =>
      ofUnknownKind(session).where((either) =>
        either
          .where('created_at', '<=', Math.max(console.started, program.started))
          .orWhere('last_seen_at', '<=', Math.max(console.seen, program.seen)),
      ),
    );
}

/** Restricts a query to active sessions: those that `whereEnded` does not match. */
export function whereActive(query: Knex.QueryBuilder, { now, console, program }: SessionBounds): void {
  query.where('expires_at', '>', now).where((kind) =>
    kind
      .where((session) =>
        session
          .where('program_started_at', '>', program.started)
          .where('last_seen_at', '>', program.seen)
          .where((approver) =>
            approver.whereNull('console_started_at').orWhere('console_started_at', '>', console.started),
          ),
      )
      .orWhere((session) =>
        ofConsole(session).where('console_started_at', '>', console.started).where('last_seen_at', '>', console.seen),
      )
      .orWhere((session) =>
        ofUnknownKind(session)
          .where('created_at', '>', Math.max(console.started, program.started))
          .where('last_seen_at', '>', Math.max(console.seen, program.seen)),
      ),
  );
}

function ofConsole(query: Knex.QueryBuilder): Knex.QueryBuilder {
  return query.whereNull('program_started_at').whereNotNull('console_started_at');
}

/** Sessions of a release that did not record the kind. */
function ofUnknownKind(query: Knex.QueryBuilder): Knex.QueryBuilder {
  return query.whereNull('program_started_at').whereNull('console_started_at');
}
