import { CommandError } from '../context.ts';
import type { Environment } from './environment.ts';
import type { ListenAddress } from './listen-address.ts';

/** The sockets that systemd opened for this process; null: none for this server. */
export interface PassedSockets {
  listen: ListenAddress | null;
  internalListen: ListenAddress | null;
}

/** The first file descriptor that systemd passes, and the name of the one for the internal listener (sd_listen_fds(3)). */
const firstDescriptor = 3;
const internalName = 'internal';

/**
 * Reads which sockets systemd passed to the process with this ID (`LISTEN_PID`, `LISTEN_FDS`, `LISTEN_FDNAMES`).
 * @throws CommandError 2 if there are several for one server
 */
export function readPassedSockets(env: Environment, pid: number): PassedSockets {
  const count = /^[1-9][0-9]{0,3}$/.test(env.LISTEN_FDS ?? '') ? Number(env.LISTEN_FDS) : 0;
  // A process that was started by the one that received the sockets inherits the variables.
  if (count === 0 || env.LISTEN_PID !== String(pid)) return { listen: null, internalListen: null };
  const names = (env.LISTEN_FDNAMES ?? '').split(':');
  const sockets = Array.from({ length: count }, (_, index) => ({ fd: firstDescriptor + index, name: names[index] }));
  const internal = sockets.filter(({ name }) => name === internalName);
  const others = sockets.filter(({ name }) => name !== internalName);
  if (internal.length > 1 || others.length > 1) throw tooMany(count);
  return { listen: addressOf(others), internalListen: addressOf(internal) };
}

function addressOf([socket]: ReadonlyArray<{ fd: number }>): ListenAddress | null {
  return socket === undefined ? null : { fd: socket.fd };
}

function tooMany(count: number): CommandError {
  return new CommandError(
    `systemd passed ${count} sockets. tokensd takes one, and one more with FileDescriptorName=${internalName} for proxies and monitoring. Correct the .socket units.`,
    2,
  );
}
