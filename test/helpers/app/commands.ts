import { PassThrough } from 'node:stream';
import { CommandError, type Context } from '../../../server/context.ts';

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the code of a `tokensd` command in this process, without the command line around it. */
export async function runCommand(
  env: Record<string, string>,
  run: (context: Context) => Promise<void>,
): Promise<CommandResult> {
  const result = { code: 0, stdout: '', stderr: '' };
  const stderr = new PassThrough();
  stderr.on('data', (chunk) => {
    result.stderr += chunk;
  });
  const context: Context = {
    env,
    stdin: new PassThrough(),
    stdout: {
      async write(text) {
        result.stdout += text;
      },
    },
    stderr,
    pid: 1,
    uid: process.geteuid?.() ?? 0,
    programName: 'tokensd',
    onStopSignal: () => {},
    onReopenSignal: () => {},
    exitNow: () => {},
    withUmask: (_mask, work) => work(),
  };
  try {
    await run(context);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    result.code = error.exit;
    result.stderr += error.message;
  }
  return result;
}
