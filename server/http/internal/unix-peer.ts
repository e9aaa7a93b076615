import type { Server } from 'node:http';

/**
 * Stands for the address of a peer on the internal Unix socket. Such a peer counts as a trusted proxy, because the file
 * permissions of the socket decide who may connect.
 */
export const unixPeer = 'unix';

/**
 * Names the peers of a server that listens on a Unix socket. They have no address, and neither has a TCP peer that has
 * disconnected, which must not be trusted.
 */
export function nameUnixPeers(server: Server): void {
  server.on('connection', (socket) => Object.defineProperty(socket, 'remoteAddress', { value: unixPeer }));
}
