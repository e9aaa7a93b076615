import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** How long requests in flight may still take after the drain begins. */
const drainTimeoutMs = 10_000;

/**
 * How long a connection that has not sent anything stays open after the drain begins. Browsers and proxies open some
 * connections that they never use.
 */
const unusedTimeoutMs = 1_000;

/**
 * Creates the function that stops the server gracefully. It accepts no new connections, lets requests in flight finish,
 * and closes the remaining connections after 10 seconds. It resolves when every connection is closed. Call
 * `createDrain` before the server listens.
 */
export function createDrain(server: Server): () => Promise<void> {
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });

  // closeIdleConnections skips connections that have not sent a request yet.
  const closeUnused = () => {
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
  };

  // Not closeAllConnections, because it skips connections that Node has detached for an upgrade.
  const closeAll = () => {
    for (const socket of connections) socket.destroy();
  };

  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const timers = [setTimeout(closeUnused, unusedTimeoutMs), setTimeout(closeAll, drainTimeoutMs)];
    await closed;
    for (const timer of timers) clearTimeout(timer);
  };
}
