import { spawn } from 'node:child_process';
import { bareEnvironment, eventually, programCommand } from './process.ts';

/** A daemon that systemd's program starts when the first client connects. */
export interface ActivatedDaemon {
  /** Returns everything that the program and the daemon have logged. */
  stderr(): string;
  /** Sends SIGTERM and returns the exit code. */
  stop(): Promise<number | null>;
}

/**
 * Lets systemd-socket-activate listen at these addresses, and run the built daemon at the first connection. `names` are the names of the
 * file descriptors. Resolves once it listens.
 */
export async function startActivated(
  addresses: readonly string[],
  env: Record<string, string>,
  names: readonly string[] = [],
): Promise<ActivatedDaemon> {
  const listening = addresses.flatMap((address) => ['--listen', address]);
  const settings = Object.entries(env).flatMap(([name, value]) => ['--setenv', `${name}=${value}`]);
  const named = names.length === 0 ? [] : [`--fdname=${names.join(':')}`];
  const words = [...listening, ...named, ...settings, ...programCommand('tokensd', ['serve'])];
  const child = spawn('systemd-socket-activate', words, { env: bareEnvironment() });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  await eventually(() => {
    if (child.exitCode !== null) throw new Error(`systemd-socket-activate ended: ${log}`);
    return log.split('Listening on ').length > addresses.length;
  }, 'systemd-socket-activate to listen');
  return {
    stderr: () => log,
    stop() {
      child.kill('SIGTERM');
      return closed;
    },
  };
}
