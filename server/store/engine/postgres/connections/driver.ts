import type { Socket } from 'node:net';
import type pg from 'pg';

/** Members of the driver's client that its types lack. */
export interface Driver {
  /** The key of this session for cancel requests; null until the server has sent it. */
  processID: number | null;
  secretKey: number | null;
  /** False while a statement runs. */
  readyForQuery?: boolean;
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

export function driverOf(client: pg.Client): Driver {
  return client as unknown as Driver;
}
