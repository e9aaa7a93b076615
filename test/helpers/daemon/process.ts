import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

/** Every secret that tests have seen, so that a test can search for them where they must not appear. */
export const seenSecrets = new Set<string>();

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  input?: string;
}

/** Returns an environment that leads a program to none of the real user's files, servers or keyrings. */
export function bareEnvironment(env: Record<string, string> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: '/nonexistent', LANG: 'C.UTF-8', ...env };
}

/** Returns the command line that runs a built program. */
export function programCommand(program: 'tokens' | 'tokensd', args: string[]): [string, ...string[]] {
  return [process.execPath, join(root, 'bin', `${program}.js`), ...args];
}

export function startProgram(program: 'tokens' | 'tokensd', args: string[], env: Record<string, string>): ChildProcess {
  const [command, ...words] = programCommand(program, args);
  return spawn(command, words, { env: bareEnvironment(env) });
}

/** Runs a built program until it ends. */
export function runProgram(
  program: 'tokens' | 'tokensd',
  args: string[],
  { env = {}, input = '' }: RunOptions = {},
): Promise<Finished> {
  return finished(startProgram(program, args, env), input);
}

/** Writes the input to a program, and waits until it ends. */
export function finished(child: ChildProcess, input = ''): Promise<Finished> {
  const result = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    result.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    result.stderr += text;
  });
  child.stdin?.on('error', () => {}).end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code, signal) => resolve({ code, signal, ...result }));
  });
}

/** Returns every command line on this machine, its words ended by NUL. Synchronous reads of /proc are ten times as fast. */
export function commandLines(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      // The process has ended since the listing.
      return '';
    }
  });
}

/** Calls `probe` until it returns something other than false, null or undefined. Throws after the timeout. */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  what: string,
  timeoutMs = 15_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const result = await probe();
    if (result !== null && result !== undefined && result !== false) return result as NonNullable<Exclude<T, false>>;
    if (performance.now() > end) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Returns whether a program accepts TCP connections at a port of this machine. */
export function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
