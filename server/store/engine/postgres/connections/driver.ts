import type { Socket } from 'node:net';
import type pg from 'pg';

/** Members of the driver's client that its types lack. */
export interface Driver {
  /** The key of this session for cancel requests; null until the server has sent it. */
  processID: number | null;
  secretKey: number | null;
  /** False while a statement runs. */
  readyForQuery?: boolean;
  /** The statement that was sent last, until the server has responded to it. */
  _activeQuery: { text?: string } | null | undefined;
  /** Once true, the client rejects every statement, and treats the end of the connection as expected. */
  _ending: boolean;
  connection: pg.Connection & {
    stream: Socket;
    startup(): void;
    cancel(processID: number, secretKey: number): void;
    /** Says goodbye to the server, which then closes the connection. */
    end(): void;
  };
}

/** Codes with which our side closes a connection, while the server may still work for it. */
export const unreachable: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTDOWN',
]);

/** Statements that change nothing, so that nothing is committed at their end. */
const changesNothing = /^\s*(SELECT|BEGIN)\b/i;

/** Returns whether the statement that a connection runs may be committing: COMMIT, or a change outside of a transaction. */
export function mayBeCommitting(client: pg.Client): boolean {
  const text = driverOf(client)._activeQuery?.text;
  if (text === undefined) return false;
  const status = client.getTransactionStatus();
  return status === 'T' || status === 'E' ? /^\s*COMMIT\b/i.test(text) : !changesNothing.test(text);
}

export function driverOf(client: pg.Client): Driver {
  return client as unknown as Driver;
}
