import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { driverOf } from './driver.ts';

/** A connection that was given up, and of which nobody knows whether the server still works for it. */
export interface LostConnection {
  /** The server's process; null if it is not known, as behind a pooler, or before the server responded. */
  pid: number | null;
  /** Returns a lower bound of the process's age in milliseconds. Another process with the same id is younger. */
  ageMs(): number;
  /** Called when the server no longer works for this connection. */
  gone(): void;
}

export interface LostConnections {
  add(connection: LostConnection): void;
  delete(connection: LostConnection): void;
  /** Gives every connection up, because the program ends. */
  close(): void;
}

/** Maximum time for one visit to the server. Long, because each visit to a frozen server leaves it a connection to clean up. */
const visitMs = 5_000;
const betweenVisitsMs = 500;
/** How long a process may take to end after it was told to, and how often we look. */
const looks = 100;
const betweenLooksMs = 10;

/**
 * Ends what the server still does for lost connections. While there are any, it visits the server on a connection of its
 * own, which is the only one beyond the slots of the pools:
 *
 * 1. Terminate the processes of the lost connections. A role may end its own sessions.
 * 2. Once a process is not listed any more, its connection is gone.
 * 3. A lost connection without a process was never established, or leads through a pooler, which bounds its own
 *    connections to the server. Now that the server responds, it ends by itself. If it does not in time, it is gone, because
 *    the other end sees that it closes.
 */
export function createLostConnections(optionsNow: () => pg.ClientConfig): LostConnections {
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
      if (lost.size > 0)
        await sleep(betweenVisitsMs, undefined, { ref: false, signal: closing.signal }).catch(() => {});
    }
    visiting = false;
  }

  async function visit(): Promise<void> {
    const client = new pg.Client({ ...optionsNow(), connectionTimeoutMillis: visitMs, query_timeout: visitMs });
    client.on('error', () => {});
    const abort = () => void driverOf(client).connection.stream.destroy();
    closing.signal.addEventListener('abort', abort);
    try {
      await client.connect();
      // Others may have been lost meanwhile, as all are whose network was interrupted.
      while (lost.size > 0 && (await endAll(client, [...lost])));
    } finally {
      closing.signal.removeEventListener('abort', abort);
      await client.end().catch(() => {});
    }
  }

  /** Returns false if a process did not end in time. */
  async function endAll(client: pg.Client, candidates: readonly LostConnection[]): Promise<boolean> {
    const unknown = candidates.filter(({ pid }) => pid === null);
    let processes = await ownProcesses(client, candidates);
    candidates.filter((one) => one.pid !== null && !processes.some((known) => known === one)).forEach(remove);
    for (let look = 0; processes.length > 0 && look < looks; look += 1) {
      if (look > 0) await sleep(betweenLooksMs);
      const running = await terminate(client, processes);
      processes.filter(({ pid }) => !running.has(pid)).forEach(remove);
      processes = processes.filter(({ pid }) => running.has(pid));
    }
    for (let look = 0; unknown.some((one) => lost.has(one)) && look < looks / 4; look += 1) await sleep(betweenLooksMs);
    unknown.forEach(remove);
    return processes.length === 0;
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

/** Returns the lost connections whose processes this server can list. Behind a pooler there are none. */
async function ownProcesses(client: pg.Client, candidates: readonly LostConnection[]) {
  const processes = candidates.filter((one): one is LostConnection & { pid: number } => one.pid !== null);
  if (processes.length === 0) return [];
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid === driverOf(client).processID ? processes : [];
}

/** Terminates those of the processes that still run, and returns their ids. */
async function terminate(
  client: pg.Client,
  processes: ReadonlyArray<LostConnection & { pid: number }>,
): Promise<Set<number>> {
  const { rows } = await client.query<{ pid: number }>(
    `SELECT a.pid, pg_terminate_backend(a.pid)
     FROM pg_stat_activity a JOIN unnest(CAST($1 AS int[]), CAST($2 AS float8[])) AS lost (pid, age) ON lost.pid = a.pid
     WHERE a.usename = current_user AND a.backend_start <= clock_timestamp() - lost.age * interval '1 millisecond'`,
    [processes.map(({ pid }) => pid), processes.map((one) => Math.floor(one.ageMs()))],
  );
  return new Set(rows.map(({ pid }) => pid));
}
