import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = new URL('../../', import.meta.url);

export interface SecondProgram {
  /** Starts the program and returns after it has written its first line. */
  start(...args: string[]): Promise<SecondProcess>;
  remove(): Promise<void>;
}

export interface SecondProcess {
  firstLine: string;
  /** The exit code. Null if a signal ended the process. */
  exited: Promise<number | null>;
  /** Sends SIGKILL, so that the process cannot clean up. */
  kill(): Promise<void>;
}

/** Bundles `second-program.ts` for plain Node, below `node_modules` so that it finds its packages. */
export async function buildSecondProgram(): Promise<SecondProgram> {
  const outfile = fileURLToPath(new URL(`node_modules/.cache/tokens-test/${crypto.randomUUID()}.mjs`, root));
  const entry = fileURLToPath(new URL('second-program.ts', import.meta.url));
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external' });
  return {
    start: async (...args) =>
      control(spawn(process.execPath, [outfile, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })),
    remove: () => rm(outfile),
  };
}

async function control(child: ChildProcess): Promise<SecondProcess> {
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const [text] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  return { firstLine: text.toString().trim(), exited, kill };
}
