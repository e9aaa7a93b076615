import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** How long requests in flight may take once the server was told to stop. */
const drainMs = 10_000;

/** How long a connection may stay silent then: browsers and proxies open some that they never use. */
const silentMs = 1_000;

/**
 * Call it before the server listens. Answers what stops it: nothing more is accepted, requests in flight finish, and what
 * is still open after 10 seconds is cut. Resolves when all is closed.
 */
export function createDrain(server: Server): () => Promise<void> {
  const connections = new Set<Socket>();
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });

  // To Node a connection is idle only after its first request.
  const cutSilent = () => {
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
  };

  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const cuts = [setTimeout(cutSilent, silentMs), setTimeout(() => server.closeAllConnections(), drainMs)];
    await closed;
    for (const cut of cuts) clearTimeout(cut);
  };
}
