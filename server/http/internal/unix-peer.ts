import type { Server } from 'node:http';

/**
 * Stands for the address of a peer on a Unix socket. Such a peer counts as a trusted proxy, because the file permissions of
 * the socket decide who may connect.
 */
export const unixPeer = 'unix';

/**
 * Names the peers of a server, if it listens on a Unix socket. They have no address, and neither has a TCP peer that has
 * disconnected, which must not be trusted.
 */
export function nameUnixPeers(server: Server): void {
  server.once('listening', () => {
    const address = server.address();
    // Node.js returns the path of a Unix socket, and null if it was passed as a file descriptor.
    if (address !== null && typeof address !== 'string') return;
    server.on('connection', (socket) => Object.defineProperty(socket, 'remoteAddress', { value: unixPeer }));
  });
}
