import pg from 'pg';
import { driverOf } from './driver.ts';

/** How long the server may take to accept the request. A frozen server accepts nothing. */
const maxWaitMs = 60_000;

/**
 * Asks the server to cancel the statement that a session runs. The request needs a connection of its own, which the server
 * closes without a response. It occupies none of the server's connections for sessions. A pooler forwards the request.
 * Waits until the other end closes the connection, as libpq does: pgbouncer 1.18 may end itself if we close it first.
 *
 * Never rejects: whether the statement was cancelled shows on the session's own connection.
 */
export async function cancelStatement(options: pg.ClientConfig, session: pg.Client): Promise<void> {
  const { processID, secretKey } = driverOf(session);
  if (processID === null || secretKey === null) return;
  const messenger = new pg.Client({ ...options, connectionTimeoutMillis: maxWaitMs });
  messenger.on('error', () => {});
  const { connection } = driverOf(messenger);
  // The request takes the place of the first message, so that it is encrypted like any other.
  connection.startup = () => connection.cancel(processID, secretKey);
  const sent = messenger.connect().catch(() => {});
  // The timer must not keep a program running that is about to end.
  connection.stream.unref();
  await sent;
  connection.stream.destroy();
}
