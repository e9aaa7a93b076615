import type { Socket } from 'node:net';
import { newestResponse, openResponses } from './pipelining.ts';

/** How long a connection stays open, without a request, after too many requests were pipelined on it. */
const excessPauseMs = 1_000;

/** How long the responses to the first requests may take on such a connection. */
const excessResponseMs = 60_000;

/**
 * Ends a connection on which too many requests are pipelined, a while after the responses to the first ones are sent. A client
 * that connects again at once would keep the server busy with new connections. `end` closes the connection gracefully.
 *
 * Node has detached its listeners from the connection, and reads no more from it. This function takes over their work.
 */
export function endAfterLastResponse(socket: Socket, end: () => void): void {
  socket.on('error', () => socket.destroy());
  // A client that pauses reading for too long. Each response sets this timeout.
  socket.on('timeout', () => socket.destroy());
  // Without this, a response that is larger than the buffers of the connection would never end.
  socket.on('drain', () => {
    for (const res of openResponses(socket)) if (res.socket === socket && res.writableNeedDrain) res.emit('drain');
  });
  const timers = [setTimeout(() => socket.destroy(), excessResponseMs)];
  socket.once('close', () => timers.forEach(clearTimeout));
  const endLater = () => void timers.push(setTimeout(end, excessPauseMs));
  const last = newestResponse(socket);
  if (last === undefined || last.writableFinished) endLater();
  else last.once('close', endLater);
}
