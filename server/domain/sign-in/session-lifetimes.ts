import type { SessionBounds, SessionRecord } from '../../store/records.ts';
import type { Clock } from '../clock.ts';

/** What a session is for: the console, or a program such as the command line. */
export type SessionKind = 'console' | 'program';

/** How long sessions of each kind last, in seconds: `idle` since the last use, and `max` since the sign-in. */
export type SessionLimits = Readonly<Record<SessionKind, { idle: number; max: number }>>;

/** The fields of a session that its absolute end depends on. */
export type SessionStart = Pick<SessionRecord, 'consoleStartedAt' | 'programStartedAt' | 'expiresAt'>;

/**
 * Decides when sessions end, by the clock and the current settings. The absolute end is the earliest of these times:
 *
 * - The `expiresAt` that the session began with. A longer setting never extends a session that has started.
 * - For each kind among the session and its approvers: their earliest start, plus the maximum of that kind. A shorter setting
 *   therefore ends sessions at once, and a chain of approvals never outlasts the sign-in that it began with.
 *
 * The idle time is that of the session's own kind.
 */
export interface SessionLifetimes {
  /** Returns the start of a new session. `approver` is the session that approves it, if it is not a sign-in of its own. */
  begin(kind: SessionKind, approver?: SessionRecord): SessionStart;
  /** Returns when a session ends, in milliseconds: at the latest, and if it is not used again. */
  endsOf(session: SessionRecord): { latest: number; unused: number };
  isActive(session: SessionRecord): boolean;
  /** Returns the maximum age of the recorded last use, in milliseconds. Recording costs a write, so most requests only read. */
  touchIntervalMs(session: SessionRecord): number;
  /** Returns the times that the store compares sessions with. */
  bounds(): SessionBounds;
  /** Returns when a session that `approver` approves now would end, and whether that is the reason. */
  ifApproved(approver: SessionRecord): ApprovedEnd;
}

/** The end of a session that is about to be approved. */
export interface ApprovedEnd {
  /** In milliseconds. */
  at: number;
  /** Whether the approver's own end is the reason. */
  limitedByApprover: boolean;
  /** How long the session would last after a new sign-in, in seconds. */
  renewedSeconds: number;
}

const kinds = ['console', 'program'] as const;

/** Recorded uses are at most this old, and at most a sixtieth of the idle time, which would otherwise end too early. */
const maxTouchIntervalMs = 60_000;
const touchesPerIdleTime = 60;

export function createSessionLifetimes(clock: Clock, limits: SessionLimits): SessionLifetimes {
  const maxMs = (kind: SessionKind) => limits[kind].max * 1000;
  const idleMs = (session: SessionRecord) => Math.min(...ownKinds(session).map((kind) => limits[kind].idle * 1000));
  const latestOf = (starts: Starts) =>
    Math.min(...kinds.map((kind) => (starts[kind] ?? Number.POSITIVE_INFINITY) + maxMs(kind)));

  const endsOf: SessionLifetimes['endsOf'] = (session) => {
    const latest = Math.min(session.expiresAt, latestOf(startsOf(session)));
    return { latest, unused: Math.min(latest, session.lastSeenAt + idleMs(session)) };
  };

  const begin: SessionLifetimes['begin'] = (kind, approver) => {
    const inherited = approver === undefined ? { console: null, program: null } : startsOf(approver);
    const starts = { ...inherited, [kind]: Math.min(inherited[kind] ?? Number.POSITIVE_INFINITY, clock.now()) };
    const expiresAt = Math.min(latestOf(starts), approver?.expiresAt ?? Number.POSITIVE_INFINITY);
    return { consoleStartedAt: starts.console, programStartedAt: starts.program, expiresAt };
  };

  return {
    begin,
    endsOf,
    isActive: (session) => clock.now() < endsOf(session).unused,
    touchIntervalMs: (session) => Math.min(maxTouchIntervalMs, idleMs(session) / touchesPerIdleTime),

    bounds() {
      const now = clock.now();
      const of = (kind: SessionKind) => ({ started: now - maxMs(kind), seen: now - limits[kind].idle * 1000 });
      return { now, console: of('console'), program: of('program') };
    },

    ifApproved(approver) {
      const at = begin('program', approver).expiresAt;
      const renewedSeconds = Math.min(limits.console.max, limits.program.max);
      const gainMs = clock.now() + renewedSeconds * 1000 - at;
      return { at, limitedByApprover: gainMs > minGainMs, renewedSeconds };
    },
  };
}

/** A new sign-in that gains less is not worth an offer. */
const minGainMs = 60 * 60_000;

/** The earliest start per kind; null: there is no session of that kind among the session and its approvers. */
type Starts = Record<SessionKind, number | null>;

/**
 * Returns the starts of a session. A session from a release that did not record them may be of either kind, so both limits hold.
 */
function startsOf(session: SessionRecord): Starts {
  const { consoleStartedAt, programStartedAt, createdAt } = session;
  if (isUnknown(session)) return { console: createdAt, program: createdAt };
  return { console: consoleStartedAt, program: programStartedAt };
}

/** Returns what a session is for, or null if a release began it that did not record this. */
export function kindOf(session: SessionRecord): SessionKind | null {
  if (isUnknown(session)) return null;
  return session.programStartedAt === null ? 'console' : 'program';
}

/** Returns the kinds whose idle time holds for a session: its own, or both if it is not known. Only programs are approved. */
function ownKinds(session: SessionRecord): readonly SessionKind[] {
  const kind = kindOf(session);
  return kind === null ? kinds : [kind];
}

function isUnknown({ consoleStartedAt, programStartedAt }: SessionRecord): boolean {
  return consoleStartedAt === null && programStartedAt === null;
}
