import { chmodSync, lstatSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { hostAndPort, type ListenAddress, listenText } from '../../config/listen-address.ts';
import { CommandError } from '../../context.ts';

/** The owner and the group of the socket may connect. */
const socketMode = 0o660;

/**
 * Makes a server listen at the address of a setting. Replaces a Unix socket that a killed daemon left behind. Returns the
 * address that was bound, as a URL or as `unix:/path`.
 *
 * @throws CommandError 1 if the address cannot be used
 */
export async function listen(server: Server, address: ListenAddress, setting: string): Promise<string> {
  if ('socket' in address) await removeStaleSocket(address.socket, setting);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(cannotListen(address, setting, cause)));
    if ('socket' in address) server.listen({ path: address.socket }, resolve);
    else server.listen({ host: address.host ?? undefined, port: address.port }, resolve);
    // A path is bound at once. The mode must be set before anybody could connect.
    if ('socket' in address && server.listening) chmodSync(address.socket, socketMode);
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') return listenText(address);
  return `http://${hostAndPort(bound.address, bound.port)}`;
}

function cannotListen(address: ListenAddress, setting: string, { code, message }: NodeJS.ErrnoException): CommandError {
  const remedy = 'socket' in address ? 'a path in a directory of tokensd' : 'a free address and port';
  const used = 'socket' in address ? 'another program uses this socket' : 'another program uses this port';
  const reason = code === 'EADDRINUSE' ? used : (code ?? message);
  return new CommandError(`Cannot listen on ${listenText(address)}: ${reason}. Set ${setting} to ${remedy}.`, 1);
}

/** Removes a socket on which nothing listens. @throws CommandError 1 if the path is in use or is not a socket */
async function removeStaleSocket(path: string, setting: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) {
    throw new CommandError(`${path} exists and is not a Unix socket. Remove it, or correct ${setting}.`, 1);
  }
  const code = await connectionError(path);
  if (code === 'ECONNREFUSED') rmSync(path, { force: true });
  else if (code === null)
    throw cannotListen({ socket: path }, setting, Object.assign(new Error(), { code: 'EADDRINUSE' }));
  else throw cannotListen({ socket: path }, setting, Object.assign(new Error(), { code }));
}

/** Returns why a connection to a socket fails, or null if it succeeds. */
function connectionError(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(null);
    });
    socket.once('error', ({ code = 'EIO' }: NodeJS.ErrnoException) => resolve(code));
  });
}
