import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { withDeadline } from './deadline.ts';
import { driverOf } from './driver.ts';

/** A connection that was given up. The server may still work for it. */
export interface LostConnection {
  /** The server's process; null if it is not known, as behind a pooler, or before the server responded. */
  pid: number | null;
  /** Returns a lower bound of the process's age in milliseconds. Another process with the same id is younger. */
  ageMs(): number;
  /** True if the server may be committing for it. Such a process is not ended, because it may wait for a standby. */
  isCommitting: boolean;
  /** Called when the server no longer works for this connection. */
  gone(): void;
}

export interface LostConnections {
  add(connection: LostConnection): void;
  delete(connection: LostConnection): void;
  /** Gives every connection up, because the program ends. */
  close(): void;
}

/** Durations in milliseconds. Tests shorten them. */
interface VisitTimes {
  /** Maximum time to reach the server's host. */
  connect: number;
  /** Maximum wait for a response. PostgreSQL ends a login that takes longer than a minute (`authentication_timeout`). */
  response: number;
  between: number;
  /** Time between visits while nothing but commits are pending, which may take as long as a standby is away. */
  betweenForCommits: number;
}
const defaultTimes: VisitTimes = { connect: 5_000, response: 65_000, between: 500, betweenForCommits: 2_000 };

/** How long a process may take to end after it was told to, and how often we look. */
const looks = 100;
const betweenLooksMs = 10;

/**
 * Ends the work that the server still does for lost connections. While there are any, it visits the server on a connection of its
 * own, which is the only one beyond the slots of the pools. The next visit begins after the connection of the last one was
 * closed: a login may hang at the server, which does not notice that our side gave up.
 *
 * 1. Terminate the processes of the lost connections, except those that may be committing.
 * 2. Once a process is not listed any more, its connection is gone. A process that this role may not terminate, or that is
 *    committing, keeps its slot until it ends.
 * 3. A lost connection without a process was never established, or leads through a pooler, which bounds its own connections to
 *    the server. Now that the server responds, it ends by itself. If it does not in time, it is gone, because the other end sees
 *    that it closes. A commit through a pooler keeps its slot until the pooler responds.
 */
export function createLostConnections(
  optionsNow: () => pg.ClientConfig,
  times: VisitTimes = defaultTimes,
): LostConnections {
  const lost = new Set<LostConnection>();
  const closing = new AbortController();
  let visiting = false;

  const remove = (connection: LostConnection) => {
    if (lost.delete(connection)) connection.gone();
  };

  async function visitUntilGone(): Promise<void> {
    visiting = true;
    while (lost.size > 0 && !closing.signal.aborted) {
      await visit().catch(() => {});
      const pause = [...lost].every(({ isCommitting }) => isCommitting) ? times.betweenForCommits : times.between;
      if (lost.size > 0) await sleep(pause, undefined, { ref: false, signal: closing.signal }).catch(() => {});
    }
    visiting = false;
  }

  async function visit(): Promise<void> {
    const client = new pg.Client({ ...optionsNow(), query_timeout: times.response });
    client.on('error', () => {});
    const { connection } = driverOf(client);
    const abort = () => void connection.stream.destroy();
    closing.signal.addEventListener('abort', abort);
    try {
      const opened = client.connect();
      await withDeadline(times.connect, opened).catch((error: unknown) => {
        if (connection.stream.connecting) throw error;
      });
      await withDeadline(times.response, opened);
      // Other connections may have been lost meanwhile, as when the network is interrupted.
      while (lost.size > 0 && (await endAll(client, [...lost])));
      await withDeadline(times.connect, client.end());
    } finally {
      closing.signal.removeEventListener('abort', abort);
      connection.stream.destroy();
    }
  }

  /** Returns whether all of them are gone. */
  async function endAll(client: pg.Client, candidates: readonly LostConnection[]): Promise<boolean> {
    let processes = await ownProcesses(client, candidates);
    const others = candidates.filter((one) => !one.isCommitting && !processes.some((known) => known === one));
    others.filter(({ pid }) => pid !== null).forEach(remove);
    let terminated = true;
    for (let look = 0; terminated && processes.length > 0 && look < looks; look += 1) {
      if (look > 0) await sleep(betweenLooksMs);
      const running = await terminate(client, processes);
      processes.filter(({ pid }) => !running.has(pid)).forEach(remove);
      processes = processes.filter(({ pid }) => running.has(pid));
      terminated = [...running.values()].includes(true);
    }
    for (let look = 0; others.some((one) => lost.has(one)) && look < looks / 4; look += 1) await sleep(betweenLooksMs);
    others.forEach(remove);
    return !candidates.some((one) => lost.has(one));
  }

  return {
    add(connection) {
      if (closing.signal.aborted) return connection.gone();
      lost.add(connection);
      if (!visiting) void visitUntilGone();
    },
    delete: (connection) => void lost.delete(connection),
    close() {
      closing.abort();
      for (const connection of lost) remove(connection);
    },
  };
}

type LostProcess = LostConnection & { pid: number };

/** Returns the lost connections whose processes this server can list. Behind a pooler there are none. */
async function ownProcesses(client: pg.Client, candidates: readonly LostConnection[]): Promise<LostProcess[]> {
  const processes = candidates.filter((one): one is LostProcess => one.pid !== null);
  if (processes.length === 0) return [];
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  if (rows[0]?.pid !== driverOf(client).processID) return [];
  // The role may have another one as its default (`ALTER ROLE … SET role`), which may not end the first one's sessions.
  // Behind a pooler, this would change the role of a session that serves others.
  await client.query('SET ROLE NONE');
  return processes;
}

/**
 * Terminates those of the processes that still run and may be terminated. Returns the ids of all that still run, and whether
 * each was told to end. One that is idle has completed its commit, and its response was lost.
 *
 * The name of a process's role may have changed, and its start is hidden from roles that may not terminate it. Then the id alone
 * identifies it.
 */
async function terminate(client: pg.Client, processes: readonly LostProcess[]): Promise<Map<number, boolean>> {
  const { rows } = await client.query<{ pid: number; told: boolean }>(
    `SELECT a.pid, CASE WHEN (NOT lost.committing OR a.state = 'idle') AND pg_has_role(a.usesysid, 'USAGE')
         AND (current_setting('is_superuser') = 'on' OR a.usesysid NOT IN (SELECT oid FROM pg_roles WHERE rolsuper))
       THEN pg_terminate_backend(a.pid) ELSE false END AS told
     FROM pg_stat_activity a
     JOIN unnest(CAST($1 AS int[]), CAST($2 AS float8[]), CAST($3 AS boolean[])) AS lost (pid, age, committing) ON lost.pid = a.pid
     WHERE a.backend_start IS NULL OR a.backend_start <= clock_timestamp() - lost.age * interval '1 millisecond'`,
    [
      processes.map(({ pid }) => pid),
      processes.map((one) => Math.floor(one.ageMs())),
      processes.map(({ isCommitting }) => isCommitting),
    ],
  );
  return new Map(rows.map(({ pid, told }) => [pid, told]));
}
