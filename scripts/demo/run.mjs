import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const programs = { tokens: join(root, 'bin', 'tokens.js'), tokensd: join(root, 'bin', 'tokensd.js') };

/** Starts one of the two programs, or another one by its name. */
export function start(program, args, options = {}) {
  const script = programs[program];
  const environment = { ...process.env, ...options.env };
  return script
    ? spawn(process.execPath, [script, ...args], { ...options, env: environment })
    : spawn(program, args, { ...options, env: environment });
}

/** Runs to the end: `{code, stdout, stderr, output}`, `output` being both as a terminal would show them. */
export async function run(program, args, { env, input = '' } = {}) {
  const child = start(program, args, { env });
  const result = { stdout: '', stderr: '', output: '' };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      result[stream] += text;
      result.output += text;
    });
  }
  // A command that ends without reading what it was given is judged by its exit code.
  child.stdin.on('error', () => {}).end(input);
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  return { code, ...result };
}

/** Asks `probe` until it answers something true, for at most 15 seconds. */
export async function eventually(what, probe) {
  const end = Date.now() + 15_000;
  while (Date.now() < end) {
    const answer = await probe();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what}: waited 15 seconds for it`);
}
