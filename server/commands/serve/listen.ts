import { chmodSync } from 'node:fs';
import type { Server } from 'node:http';
import { hostAndPort, type ListenAddress, listenText } from '../../config/listen-address.ts';
import { CommandError, type Context } from '../../context.ts';
import { prepareSocketPath, socketMode, socketUmask } from './unix-socket.ts';

/**
 * Makes a server listen at the address of a setting. Replaces a Unix socket that a killed daemon left behind. Returns the
 * address that was bound, as a URL or as `unix:/path`.
 *
 * @throws CommandError if the address cannot be used
 */
export async function listen(
  server: Server,
  address: ListenAddress,
  { setting, withUmask }: { setting: string } & Pick<Context, 'withUmask'>,
): Promise<string> {
  if ('socket' in address) {
    const path = await prepareSocketPath(address.socket, setting);
    if (path !== 'free') throw cannotListen(address, setting, path);
  }
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: unknown) => reject(cannotListen(address, setting, cause as NodeJS.ErrnoException));
    server.once('error', failed);
    try {
      // A path is bound at once, with the mode that the mask leaves.
      if ('socket' in address) withUmask(socketUmask, () => server.listen({ path: address.socket }, resolve));
      else if ('fd' in address) server.listen({ fd: address.fd }, resolve);
      else server.listen({ host: address.host ?? undefined, port: address.port }, resolve);
    } catch (cause) {
      failed(cause);
    }
  });
  // A default ACL of the directory counts in place of the mask.
  if ('socket' in address) chmodSync(address.socket, socketMode);
  const bound = server.address();
  if (bound === null || typeof bound === 'string') return listenText(address);
  return `http://${hostAndPort(bound.address, bound.port)}`;
}

function cannotListen(
  address: ListenAddress,
  setting: string,
  { code, message }: { code?: string | undefined; message?: string },
): CommandError {
  const where = `Cannot listen on ${listenText(address)}`;
  if ('fd' in address) {
    return new CommandError(`${where}: ${code ?? message}. Let systemd listen on a stream socket, with Accept=no.`, 1);
  }
  const remedy = 'socket' in address ? 'a path in a directory of tokensd' : 'a free address and port';
  const used = 'socket' in address ? 'another program uses this socket' : 'another program uses this port';
  const reason = code === 'EADDRINUSE' ? used : (code ?? message);
  return new CommandError(`${where}: ${reason}. Set ${setting} to ${remedy}.`, 1);
}
