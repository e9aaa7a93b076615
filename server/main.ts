import { CommanderError } from 'commander';
import { outputStream } from '../shared/output-stream.ts';
import { CommandError, type Context, type Output, OutputError } from './context.ts';
import { createProgram } from './program.ts';
import { ownVersion } from './version.ts';

/** Runs one `tokensd` command line (without node and script) and returns the exit code. */
export async function main(argv: string[], context: Context): Promise<number> {
  try {
    await run(argv, context);
    return 0;
  } catch (error) {
    const { message, exit } = describeFailure(error);
    if (message !== '') context.stderr.write(`${message}\n`);
    return exit;
  }
}

async function run(argv: string[], context: Context): Promise<void> {
  let help = '';
  const program = createProgram(context, ownVersion(), (text) => {
    help += text;
  });
  try {
    await program.parseAsync(argv.length === 0 ? ['--help'] : argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
    // commander "fails" with exit code 0 after it printed the help or the version.
    await context.stdout.write(help);
  }
}

function describeFailure(error: unknown): { message: string; exit: number } {
  // commander has already printed its message.
  if (error instanceof CommanderError) return { message: '', exit: 2 };
  if (error instanceof OutputError && error.closedByReader) return { message: '', exit: 0 };
  if (error instanceof CommandError) return { message: error.message, exit: error.exit };
  if (error instanceof Error && error.name === 'ExitPromptError')
    return { message: 'Cancelled. Nothing was created.', exit: 130 };
  return { message: error instanceof Error ? error.message : 'Unexpected error', exit: 1 };
}

const stopSignals = ['SIGTERM', 'SIGINT'] as const;

/** Returns the context of the real process. Only this function, config and log touch `process`. */
export function processContext(programName: string): Context {
  let stderr: NodeJS.WriteStream | undefined;
  const end = (_signal: NodeJS.Signals, code: number) => process.exit(128 + code);
  // Linux ignores these signals for process 1 of a container unless it listens to them.
  if (process.pid === 1) for (const signal of stopSignals) process.on(signal, end);
  return {
    env: process.env,
    // Each stream is opened on first use, because opening it takes longer than `--help` does otherwise.
    get stdin() {
      return process.stdin;
    },
    stdout: createOutput(() => process.stdout),
    get stderr() {
      // Without a listener, the first log line after the log's reader has gone would end the daemon.
      stderr ??= process.stderr.on('error', () => {});
      return stderr;
    },
    pid: process.pid,
    uid: process.geteuid?.() ?? 0,
    programName,
    onStopSignal(listener) {
      for (const signal of stopSignals) process.off(signal, end).on(signal, listener);
    },
    onReopenSignal(listener) {
      process.on('SIGHUP', listener);
    },
    exitNow: (code) => process.exit(code),
    withUmask(mask, work) {
      const before = process.umask(mask);
      try {
        work();
      } finally {
        process.umask(before);
      }
    },
  };
}

function createOutput(open: () => NodeJS.WriteStream): Output {
  const stream = outputStream(1, open);
  return {
    get columns() {
      return stream.columns;
    },
    async write(text) {
      try {
        await stream.write(text);
      } catch (error) {
        throw new OutputError(error as NodeJS.ErrnoException);
      }
    },
  };
}
