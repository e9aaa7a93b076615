import { CommanderError } from 'commander';
import { CommandError, type Context } from './context.ts';
import { createProgram } from './program.ts';

/** Runs `tokensd` with these arguments (without node and script) and answers its exit code. */
export async function main(argv: string[], context: Context): Promise<number> {
  const program = createProgram(context);
  try {
    await program.parseAsync(argv.length === 0 ? ['--help'] : argv, { from: 'user' });
    return 0;
  } catch (error) {
    const { message, exit } = explain(error);
    if (message !== '') context.stderr.write(`${message}\n`);
    return exit;
  }
}

function explain(error: unknown): { message: string; exit: number } {
  if (error instanceof CommanderError) return { message: '', exit: error.exitCode === 0 ? 0 : 2 };
  if (error instanceof CommandError) return { message: error.message, exit: error.exit };
  if (error instanceof Error && error.name === 'ExitPromptError')
    return { message: 'Cancelled. Nothing was made.', exit: 130 };
  return { message: error instanceof Error ? error.message : 'Unexpected error', exit: 1 };
}

/** The world as it is. The daemon's only place, beside config and log, that touches the process. */
export function processContext(programName: string): Context {
  // Who reads the log may die or be restarted; unheard, that would end the daemon with the next line.
  process.stderr.on('error', () => {});
  return {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    pid: process.pid,
    programName,
    onStopSignal(listener) {
      process.on('SIGTERM', listener);
      process.on('SIGINT', listener);
    },
    exitNow: (code) => process.exit(code),
  };
}
