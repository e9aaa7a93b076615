import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Returns a port on which no program listens at the moment. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Command that pins a measured program to the first core. The load generator runs on the others, if there are any. */
export const pinning = process.platform === 'linux' && availableParallelism() > 1 ? ['taskset', '-c', '0'] : [];

/** Command that lets a program run on all cores. It would otherwise stay on those of this process. */
export const unpinning = pinning.length > 0 ? ['taskset', '-c', `0-${availableParallelism() - 1}`] : [];

/** Pins this process and the programs that it starts, except the measured ones, to the other cores. */
export function pinLoadGenerator() {
  if (pinning.length === 0) return;
  const others = Array.from({ length: availableParallelism() - 1 }, (_, i) => i + 1).join(',');
  execFileSync('taskset', ['-cp', others, String(process.pid)], { stdio: 'ignore' });
}

/** Starts a Node program, and waits until the URL `ready` responds 2xx. */
export async function startProgram(args, { env = {}, ready }) {
  const [command, ...words] = [...pinning, process.execPath, ...args];
  const child = spawn(command, words, {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  // After an error, no program stays behind.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const startedAt = performance.now();
  while (!(await respondsOk(ready))) {
    if (child.exitCode !== null) throw new Error(`${args[0]} exited: ${log}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    pid: child.pid,
    startedAfterMs: performance.now() - startedAt,
    memory: () => memoryOf(child.pid),
    async stop() {
      process.removeListener('exit', kill);
      child.kill('SIGTERM');
      await closed;
    },
  };
}

/** Starts the daemon with the Node options of the systemd unit, and with a listener for verifications and metrics. */
export async function startDaemon(env) {
  const [port, internalPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const program = await startProgram([`${root}bin/tokensd.js`, 'serve'], {
    env: {
      ...{ TOKENSD_LISTEN: `127.0.0.1:${port}`, TOKENSD_INTERNAL_LISTEN: `127.0.0.1:${internalPort}` },
      ...{ TOKENSD_LOG_LEVEL: 'warn', TOKENSD_MAX_TOKENS_PER_USER: '1000000' },
      ...{ NODE_OPTIONS: '--max-semi-space-size=8', MALLOC_ARENA_MAX: '1', ...env },
    },
    ready: `${url}/readyz`,
  });
  return { ...program, port, internalPort, url };
}

/** Returns the current and the peak resident memory of a process, in MiB. */
export function memoryOf(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  return { now: mebibytes('VmRSS'), peak: mebibytes('VmHWM') };
}

function respondsOk(url) {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}
