import { lstatSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { CommandError } from '../../context.ts';

/** The owner and the group of the socket may connect. */
export const socketMode = 0o660;
/** What to take from the mode of a new socket, 0777, so that it is `socketMode` from its first moment. */
export const socketUmask = 0o777 & ~socketMode;

/**
 * Prepares the path of a Unix socket: removes a socket on which nothing listens, such as that of a killed daemon. Returns
 * whether the path is free, or the code of the error that shows that it is not.
 *
 * @throws CommandError 1 if the path is not a socket, or if everybody could replace the socket
 */
export async function prepareSocketPath(path: string, setting: string): Promise<'free' | { code: string }> {
  refuseOpenDirectory(path, setting);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 'free';
  if (!found.isSocket()) {
    throw new CommandError(`${path} exists and is not a Unix socket. Remove it, or correct ${setting}.`, 1);
  }
  const code = await connectionError(path);
  if (code !== 'ECONNREFUSED') return { code: code ?? 'EADDRINUSE' };
  // Another daemon may have replaced the socket in the meantime.
  const { ino, ctimeMs } = lstatSync(path, { throwIfNoEntry: false }) ?? {};
  if (ino !== found.ino || ctimeMs !== found.ctimeMs) return 'free';
  try {
    rmSync(path, { force: true });
    return 'free';
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? 'EIO' };
  }
}

/**
 * In a directory that everybody can change, another user could put a socket in place of ours and read the tokens that proxies send: whenever
 * the daemon is stopped, even if the directory has the sticky bit, as /tmp has.
 */
function refuseOpenDirectory(path: string, setting: string): void {
  const directory = dirname(path);
  const mode = statSync(directory, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o002) === 0) return;
  throw new CommandError(
    `Every user can replace sockets in ${directory}. Make it writable for its owner only, or set ${setting} to a path in another directory.`,
    1,
  );
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
