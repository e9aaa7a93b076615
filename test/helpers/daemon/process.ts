import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

/** Every secret that tests saw, so that a test can look for them where none may be. */
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

/** An environment without anything that would lead a program to the real user's files, servers or keyring. */
export function bareEnvironment(env: Record<string, string> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: '/nonexistent', LANG: 'C.UTF-8', ...env };
}

/** The words of a command line that runs a built program. */
export function programCommand(program: 'tokens' | 'tokensd', args: string[]): [string, ...string[]] {
  return [process.execPath, join(root, 'bin', `${program}.js`), ...args];
}

export function startProgram(program: 'tokens' | 'tokensd', args: string[], env: Record<string, string>): ChildProcess {
  const [command, ...words] = programCommand(program, args);
  return spawn(command, words, { env: bareEnvironment(env) });
}

/** Runs a built program to its end. */
export function runProgram(
  program: 'tokens' | 'tokensd',
  args: string[],
  { env = {}, input = '' }: RunOptions = {},
): Promise<Finished> {
  const child = startProgram(program, args, env);
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

/** Every command line of this machine, its words ended by NUL. Synchronous, which costs a tenth: /proc never waits. */
export function commandLines(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      // It ended meanwhile.
      return '';
    }
  });
}

/** Asks again until the answer is neither false, null nor undefined. */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  what: string,
  timeoutMs = 15_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const answer = await probe();
    if (answer !== null && answer !== undefined && answer !== false) return answer as NonNullable<Exclude<T, false>>;
    if (performance.now() > end) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
