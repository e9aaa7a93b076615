import type { Knex } from 'knex';
import type { SessionBounds } from '../../records.ts';

// The store contract compares these conditions with the domain's `isActive`, for sessions of every kind at every bound.

/** Restricts a query to some of the sessions that have ended. */
type Ended = (session: Knex.QueryBuilder) => unknown;

/** Returns the ways to end. Each has an index of its own, and together they match all sessions that have ended. */
export function waysToEnd({ now, console, program }: SessionBounds): Ended[] {
  return [
    (session) => session.where('expires_at', '<=', now),
    (session) => session.where('console_started_at', '<=', console.started),
    (session) => session.where('program_started_at', '<=', program.started),
    (session) => session.whereNotNull('program_started_at').where('last_seen_at', '<=', program.seen),
    (session) => ofConsole(session).where('last_seen_at', '<=', console.seen),
    (session) => ofUnknownKind(session).where('created_at', '<=', Math.max(console.started, program.started)),
    (session) => ofUnknownKind(session).where('last_seen_at', '<=', Math.max(console.seen, program.seen)),
  ];
}

/** Restricts a query to active sessions: those that no way of `waysToEnd` matches. */
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
