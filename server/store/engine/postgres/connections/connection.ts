import pg from 'pg';
import { driverCode } from '../../driver-code.ts';
import { CannotConnect, NotPrimary } from '../failures.ts';
import { cancelStatement } from './cancel.ts';
import { DeadlineReached, withDeadline } from './deadline.ts';
import { driverOf, mayBeCommitting, unreachable } from './driver.ts';
import type { LostConnection, LostConnections } from './lost.ts';
import { type ServerClock, serverTime } from './server-clock.ts';
import { setSession } from './session-settings.ts';
import type { Slots } from './slots.ts';

/** Durations in milliseconds. Tests shorten them. */
export interface ConnectionTimes {
  /** Maximum time to connect, including the wait for a slot and the proof. */
  connect: number;
  /** Maximum wait for a connection of a pool. */
  acquire: number;
  /** Maximum time from the arrival of a caller, who may wait for a connection, to the response to the first statement. */
  total: number;
  /** Maximum time of a statement. The server gives up somewhat earlier, so that the connection stays usable. */
  statement: number;
  /** A connection that was quiet for this long may have been forgotten by a firewall or NAT on the way. */
  quiet: number;
  /** Maximum wait for the first response after a quiet time. Well above a round trip, and short enough to try again. */
  silence: number;
  /** An idle connection is closed after this time. Its TCP keepalive starts after the same time. */
  idle: number;
}

/** A connection to a primary. */
export interface ProvenClient extends pg.Client {
  /** Records that the server responded. */
  responded(): void;
  /** Returns whether the connection was quiet for so long that it may be dead without a sign. */
  isDoubtful(): boolean;
  /** Returns whether another connection was found dead since this one was used last, so that this one is dead, too. */
  isForgotten(): boolean;
  /** Records that this connection is dead, and gives it up without waiting for the server. */
  giveUp(): void;
  /** Cancels the running statement unless it may be committing. Closes the connection once the server has responded. */
  abandon(): void;
  /** Returns whether the connection still leads to a primary. Asks the server only if the connection is doubtful. */
  isUsable(): Promise<boolean>;
}

// Both pools call back with `connect`, as the driver's own class does.
type Callback = (error: Error | null, client?: pg.Client) => void;

export interface Connections {
  times: ConnectionTimes;
  slots: Slots;
  lost: LostConnections;
  clock: ServerClock;
}

/** Returns the server's limit for a statement. Its error arrives before the driver gives up. */
export function serverLimitMs({ statement }: Pick<ConnectionTimes, 'statement'>): number {
  return Math.max(1, statement - 200);
}

/**
 * Returns a class of connections that share slots, and what they learn about the network. A connection proves itself:
 *
 * 1. When it opens, it asks the server whether it is a primary. A standby lags behind, so that it would accept revoked
 *    tokens.
 * 2. A firewall that forgets a quiet connection silently drops its packets. Therefore the first statement after a
 *    quiet time gets a short timeout, or a question comes before it.
 * 3. If there is no response, the other connections that were quiet since are dead, too, and are not tried.
 *
 * A connection has a slot until the server is known to have ended it. One that is given up passes through these states:
 *
 * 1. Ending: the server was asked to cancel the statement. Its response ends the connection. A commit is not cancelled,
 *    because a cancel would end its wait for a synchronous standby, and show the change although no standby has it.
 * 2. Lost: there was no response in time. `lost` finds out whether the server still works for the connection.
 * 3. Gone: the socket is closed, and the slot is free.
 *
 * `optionsNow` returns the address and the credentials. It is called for each connection, and must not throw.
 */
export function createProvenClients(
  optionsNow: () => pg.ClientConfig,
  { times, slots, lost, clock }: Connections,
): new () => ProvenClient {
  let foundDeadAt = Number.NEGATIVE_INFINITY;

  return class extends pg.Client implements ProvenClient {
    #respondedAt = Number.POSITIVE_INFINITY;
    /** The server's process is at least as old as this. Null until it responded. */
    #provenAt: number | null = null;
    /** True if the connection leads to the server itself, and not to a pooler. */
    #isDirect = false;
    #state: 'open' | 'ending' | 'lost' = 'open';
    #isCommitting = false;

    constructor() {
      super({
        ...optionsNow(),
        query_timeout: times.statement,
        keepAlive: true,
        keepAliveInitialDelayMillis: times.idle,
      });
      // A lost connection rejects the query that runs on it. Without a listener, its error event would end the process.
      this.on('error', () => {});
    }

    override connect(): Promise<pg.Client>;
    override connect(callback: Callback): void;
    override connect(callback?: Callback): Promise<pg.Client> | undefined {
      const opened = this.#open();
      if (callback === undefined) return opened;
      opened.then((client) => callback(null, client), callback);
      return undefined;
    }

    async #open(): Promise<pg.Client> {
      const end = performance.now() + times.connect;
      const remaining = () => Math.max(1, end - performance.now());
      const free = await slots.take(remaining()).catch((cause: unknown) => {
        throw new CannotConnect(cause);
      });
      const { connection } = driverOf(this);
      this.#keepSlotUntilGone(free);
      try {
        await withDeadline(remaining(), super.connect());
        await withDeadline(remaining(), this.#prove());
        return this;
      } catch (error) {
        // A server that responded sees the end of the connection. It would keep a rejected one open for up to a minute.
        if (error instanceof DeadlineReached) this.abandon();
        else connection.stream.destroy();
        throw new CannotConnect(error);
      }
    }

    /** Frees the slot when the server has closed the connection. If only our side closed it, `lost` has to find out. */
    #keepSlotUntilGone(free: () => void): void {
      const { connection } = driverOf(this);
      let isUnreachable = false;
      connection.on('error', (error) => {
        isUnreachable ||= unreachable.has(driverCode(error));
        this.#isCommitting ||= mayBeCommitting(this);
      });
      connection.once('end', () => {
        // Then only the server's process shows the end of a commit. A pooler does not show it.
        if (isUnreachable && this.#provenAt !== null) lost.add({ ...this.#identity(this.#isDirect), gone: free });
        else free();
      });
    }

    #identity(showsEnd = true): Omit<LostConnection, 'gone'> {
      const pid = this.#isDirect ? driverOf(this).processID : null;
      const provenAt = this.#provenAt ?? performance.now();
      return { pid, ageMs: () => performance.now() - provenAt, isCommitting: showsEnd && this.#isCommitting };
    }

    /**
     * Asks whether the server is a primary, and for its time. Sets up the session, unless it belongs to a pooler and serves others, too.
     */
    async #prove(): Promise<void> {
      const { processID } = driverOf(this);
      const sentAt = performance.now();
      const { rows } = await this.query<{ standby: boolean; direct: boolean; time: number }>(
        `SELECT pg_is_in_recovery() AS standby, pg_backend_pid() = ${processID} AS direct, ${serverTime} AS time,
           CASE WHEN pg_backend_pid() = ${processID} THEN ${setSession(serverLimitMs(times))} END`,
      );
      if (rows[0]?.standby !== false) throw new NotPrimary();
      clock.record(rows[0].time, sentAt);
      this.#isDirect = rows[0].direct;
      this.#provenAt ??= performance.now();
      this.responded();
    }

    responded(): void {
      this.#respondedAt = performance.now();
    }

    isDoubtful(): boolean {
      return performance.now() - this.#respondedAt > times.quiet;
    }

    isForgotten(): boolean {
      return this.#respondedAt < foundDeadAt && this.isDoubtful();
    }

    giveUp(): void {
      foundDeadAt = performance.now();
      this.#lose();
    }

    async isUsable(): Promise<boolean> {
      if (this.#state !== 'open' || this.isForgotten()) return false;
      if (!this.isDoubtful()) return true;
      try {
        await withDeadline(times.silence, this.#prove());
        return true;
      } catch {
        this.giveUp();
        return false;
      }
    }

    abandon(): void {
      const { stream } = driverOf(this).connection;
      if (this.#state !== 'open' || stream.destroyed) return;
      // The server does not know a connection that was never established.
      if (stream.connecting) return void stream.destroy();
      this.#state = 'ending';
      this.#isCommitting = mayBeCommitting(this);
      driverOf(this)._ending = true;
      if (!this.#isCommitting) void cancelStatement(optionsNow(), this);
      this.#endOnResponse();
      setTimeout(() => this.#lose(), times.connect).unref();
    }

    /** Closes the connection when the server has completed the handshake or the statement. Nothing else is sent. */
    #endOnResponse(): void {
      const { connection } = driverOf(this);
      connection.once('readyForQuery', () => connection.end());
    }

    #lose(): void {
      const { connection } = driverOf(this);
      if (this.#state === 'lost' || connection.stream.destroyed) return;
      if (this.#state === 'open') this.#endOnResponse();
      this.#state = 'lost';
      this.#isCommitting ||= mayBeCommitting(this);
      driverOf(this)._ending = true;
      connection.stream.unref();
      const self: LostConnection = { ...this.#identity(), gone: () => void connection.stream.destroy() };
      connection.once('end', () => lost.delete(self));
      lost.add(self);
    }

    override end(): Promise<void>;
    override end(callback: (error?: Error) => void): void;
    override end(callback?: (error?: Error) => void): Promise<void> | undefined {
      const ended = this.#close();
      if (callback === undefined) return ended;
      void ended.then(() => callback());
      return undefined;
    }

    async #close(): Promise<void> {
      if (this.#state !== 'open') return;
      if (this.isForgotten()) return this.#lose();
      if (driverOf(this).readyForQuery === false) return this.abandon();
      // A connection that the network forgot never confirms the end, and the process would wait for it for minutes.
      await withDeadline(times.connect, super.end()).catch(() => this.#lose());
    }
  };
}
