import process from 'node:process';
import { main } from './main.ts';
import { realContext } from './real-context.ts';

/** Runs the command line with which this process was started, and ends the process with its exit code. */
export async function runProcess(ctx = realContext()): Promise<void> {
  // Node ends a process that waits for nothing, even if `main` has not returned. That must not look like success.
  process.exitCode = 1;
  process.exitCode = await main(process.argv.slice(2), ctx);
  // All output is written by now. Exit at once, because a keychain or socket that hangs must not keep the process alive, and
  // completion must be quick.
  setTimeout(() => process.exit(), process.argv[2] === '__complete' ? 0 : 300).unref();
}
