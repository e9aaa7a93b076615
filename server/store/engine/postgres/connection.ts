import pg from 'pg';
import { CannotConnect, NotPrimary } from './failures.ts';

/** Durations in milliseconds. Tests shorten them. */
export interface ConnectionTimes {
  /** Maximum time to connect, including the proof. */
  connect: number;
  /** Maximum wait for a connection of the pool for changes. */
  acquire: number;
  /** Maximum time of a statement. */
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
  /** Records that this connection is dead, and closes it without waiting for the server. */
  giveUp(): void;
  /** Returns whether the connection still leads to a primary. Asks the server only if the connection is doubtful. */
  isUsable(): Promise<boolean>;
}

// Both pools call back with `connect`, as the driver's own class does.
type Callback = (error: Error | null, client?: pg.Client) => void;

/**
 * Returns a class of connections that share what they learn about the network. A connection proves itself:
 *
 * 1. When it opens, it asks the server whether it is a primary. A standby lags behind, so that it would accept revoked
 *    tokens.
 * 2. A firewall that forgets a quiet connection drops its packets without a word. Therefore the first statement after a
 *    quiet time gets a short timeout, or a question comes before it.
 * 3. If there is no response, the other connections that were quiet since are dead, too, and are not tried.
 *
 * `optionsNow` returns the address and the credentials. It is called for each connection, and must not throw.
 */
export function createProvenClients(optionsNow: () => pg.ClientConfig, times: ConnectionTimes): new () => ProvenClient {
  let foundDeadAt = Number.NEGATIVE_INFINITY;

  return class extends pg.Client implements ProvenClient {
    #respondedAt = Number.POSITIVE_INFINITY;

    constructor() {
      super({
        ...optionsNow(),
        connectionTimeoutMillis: times.connect,
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
      const began = performance.now();
      try {
        await super.connect();
        await this.#prove(Math.max(1, times.connect - (performance.now() - began)));
        return this;
      } catch (error) {
        // The server keeps a rejected connection open for up to a minute, and the process could not end before.
        this.connection.stream.destroy();
        throw new CannotConnect(error);
      }
    }

    async #prove(timeoutMs: number): Promise<void> {
      const question = { text: 'SELECT pg_is_in_recovery() AS standby', query_timeout: timeoutMs };
      const { rows } = await this.query<{ standby: boolean }>(question);
      if (rows[0]?.standby !== false) throw new NotPrimary();
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
      this.connection.stream.destroy();
    }

    async isUsable(): Promise<boolean> {
      if (!this.isDoubtful()) return true;
      if (this.isForgotten()) return false;
      try {
        await this.#prove(times.silence);
        return true;
      } catch {
        this.giveUp();
        return false;
      }
    }

    override end(): Promise<void>;
    override end(callback: (error: Error) => void): void;
    override end(callback?: (error: Error) => void): Promise<void> | undefined {
      // A connection that the network forgot never confirms the end, and the process would wait for it for minutes.
      setTimeout(() => this.connection.stream.destroy(), times.connect).unref();
      if (callback === undefined) return super.end();
      super.end(callback);
      return undefined;
    }
  };
}
