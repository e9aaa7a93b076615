import { createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createLostConnections } from '../../../server/store/engine/postgres/connections/lost.ts';
import { eventually } from '../../helpers/daemon/process.ts';

/** Starts a server that accepts connections and never completes a login, like PostgreSQL while `pg_authid` is locked. */
async function startSilentServer() {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  const closeAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    closeAll();
    server.close();
  });
  return { port: address.port, accepted: () => accepted, closeAll };
}

it('opens no second connection for visits while a login hangs at the server', async () => {
  const server = await startSilentServer();
  const times = { connect: 50, response: 60_000, between: 10, betweenForCommits: 10 };
  const lost = createLostConnections(() => ({ host: '127.0.0.1', port: server.port, user: 'tokens' }), times);
  onTestFinished(() => lost.close());
  lost.add({ pid: 1, ageMs: () => 0, isCommitting: false, gone: () => {} });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(server.accepted()).toBe(1);
  server.closeAll();
  await eventually(() => server.accepted() === 2, 'the next visit');
});
