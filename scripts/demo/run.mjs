import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const programs = { tokens: join(root, 'bin', 'tokens.js'), tokensd: join(root, 'bin', 'tokensd.js') };

/** Starts `tokens`, `tokensd`, or another program by its name. */
export function start(program, args, options = {}) {
  const script = programs[program];
  const environment = { ...process.env, ...options.env };
  return script
    ? spawn(process.execPath, [script, ...args], { ...options, env: environment })
    : spawn(program, args, { ...options, env: environment });
}

/** Runs a program to its end. `output` contains stdout and stderr in the order in which a terminal would show them. */
export async function run(program, args, { env, input = '' } = {}) {
  const child = start(program, args, { env });
  const result = { stdout: '', stderr: '', output: '' };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      result[stream] += text;
      result.output += text;
    });
  }
  // A command may end without reading stdin. Its exit code counts, not the EPIPE.
  child.stdin.on('error', () => {}).end(input);
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  return { code, ...result };
}

/** Calls `probe` until it returns a truthy value, and returns that. @throws Error after 15 seconds */
export async function eventually(what, probe) {
  const end = Date.now() + 15_000;
  while (Date.now() < end) {
    const result = await probe();
    if (result) return result;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Waited 15 seconds, but it did not happen: ${what}.`);
}
