import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bareEnvironment, type Finished } from '../daemon/process.ts';

/** A home directory in which client programs keep their files. */
export interface ClientHome {
  directory: string;
  /** Writes a file that only its owner can read. */
  write(name: string, content: string): Promise<string>;
  /** Runs a program in the directory until it ends. */
  run(
    command: string,
    args: readonly string[],
    options?: { env?: Record<string, string>; input?: string },
  ): Promise<Finished>;
  remove(): Promise<void>;
}

/** Creates a home directory without settings, so that the settings of this machine change nothing. */
export async function createClientHome(): Promise<ClientHome> {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-client-'));
  return {
    directory,
    async write(name, content) {
      const path = join(directory, name);
      await writeFile(path, content, { mode: 0o600 });
      return path;
    },
    run(command, args, { env = {}, input = '' } = {}) {
      const child = spawn(command, args, {
        cwd: directory,
        env: bareEnvironment({ HOME: directory, TMPDIR: directory, ...env }),
      });
      const result = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        result.stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        result.stderr += text;
      });
      child.stdin.on('error', () => {}).end(input);
      return new Promise((resolve, reject) => {
        child.once('error', reject).once('close', (code, signal) => resolve({ code, signal, ...result }));
      });
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
