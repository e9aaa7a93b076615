import { spawn } from 'node:child_process';
import { sanitize } from '../../ui/sanitize.ts';

export interface ToolResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the operating system with a text on its standard input, and returns its output. */
export type RunTool = (args: readonly string[], input?: string) => Promise<ToolResult>;

/** Less than the time limit of a call to the keychain, so that a tool that hangs is ended before this program ends. */
const timeoutMs = 14_000;

/** Returns a function that runs the program at `path`. Its calls reject when `signal` aborts. */
export function toolAt(path: string, signal: AbortSignal): RunTool {
  return async (args, input = '') => {
    signal.throwIfAborted();
    const end = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    // Detached, because Ctrl-C reaches every process of the terminal. This process decides what it means.
    const child = spawn(path, args, { detached: true, signal: end, killSignal: 'SIGKILL', stdio: 'pipe' });
    // A tool that fails may end before it has read its input.
    child.stdin.on('error', () => undefined).end(input);
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    return new Promise((resolve, reject) => {
      child.once('error', (error) => reject(end.aborted && !signal.aborted ? new Error('no response in time') : error));
      child.once('close', (code) => resolve({ code, ...output }));
    });
  };
}

/** Creates the error for a tool that failed: the first line that it wrote to stderr, without the name of the tool. */
export function toolError({ code, stderr }: ToolResult): Error {
  const [line = ''] = stderr.trim().split('\n');
  return new Error(sanitize(line.replace(/^[\w-]+: /, '').replace(/\.$/, '')) || `exit code ${code}`);
}
