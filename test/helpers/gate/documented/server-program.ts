import { spawn } from 'node:child_process';
import { freePort } from '../../daemon/daemon.ts';
import { bareEnvironment, eventually } from '../../daemon/process.ts';
import type { ClientHome } from '../client-programs.ts';
import type { ServedBehind } from './client.ts';

/** Starts a server program in a home directory, and waits until it responds. `args` gets the port on which to listen. */
export async function startServerProgram(
  { directory }: ClientHome,
  command: string,
  args: (port: number) => string[],
): Promise<ServedBehind> {
  const port = await freePort();
  const child = spawn(command, args(port), { cwd: directory, env: bareEnvironment({ HOME: directory }) });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const closed = new Promise((resolve) => child.once('close', resolve));
  const url = `http://127.0.0.1:${port}`;
  await eventually(
    () => {
      if (child.exitCode !== null) throw new Error(`${command}: ${output}`);
      return fetch(url).catch(() => null);
    },
    `${command} to respond`,
    60_000,
  );
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}
