import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';

/** A port nobody listens on now. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Starts a program that listens on loopback, on a core of its own where the machine has two: this process, which makes the
 * load, stays on the others.
 */
export async function startProgram(args, { env = {}, ready }) {
  const pinned = process.platform === 'linux' && availableParallelism() > 1;
  const command = pinned ? ['taskset', '-c', '0', process.execPath, ...args] : [process.execPath, ...args];
  const child = spawn(command[0], command.slice(1), {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const began = performance.now();
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${args[0]} ended: ${log}`);
    const answers = await fetch(ready).then(
      (response) => response.ok,
      () => false,
    );
    if (answers) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    startedAfterMs: performance.now() - began,
    /** Resident memory in MB. */
    memory() {
      const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      return kib === undefined ? Number.NaN : Number(kib) / 1024;
    },
    async stop() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}
