import pg from 'pg';
import { driverOf } from './driver.ts';

/**
 * Asks the server to cancel the statement that a session runs. The request needs a connection of its own, which the server
 * closes without a response. It occupies none of the server's connections for sessions. A pooler forwards the request.
 *
 * Never rejects: whether the statement was cancelled shows on the session's own connection.
 */
export async function cancelStatement(options: pg.ClientConfig, session: pg.Client, timeoutMs: number): Promise<void> {
  const { processID, secretKey } = driverOf(session);
  if (processID === null || secretKey === null) return;
  const messenger = new pg.Client({ ...options, connectionTimeoutMillis: timeoutMs });
  messenger.on('error', () => {});
  const { connection } = driverOf(messenger);
  // The request takes the place of the first message, so that it is encrypted like any other.
  connection.startup = () => connection.cancel(processID, secretKey);
  await messenger.connect().catch(() => {});
  connection.stream.destroy();
}
