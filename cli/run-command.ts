import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { localError, systemCode } from './errors.ts';
import { sanitize } from './ui/sanitize.ts';

/** The events of this process by which Node reports signals. */
export interface SignalSource {
  on(name: NodeJS.Signals, listener: () => void): unknown;
  off(name: NodeJS.Signals, listener: () => void): unknown;
}

const passedOn: readonly NodeJS.Signals[] = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGTERM',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGWINCH',
];
/** A terminal sends these to every process in the foreground, so the command has them already. */
const sentByTerminal: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT', 'SIGWINCH']);

/**
 * Runs a command without a shell. It inherits the standard streams and receives the signals that `signals` reports.
 * Returns its exit code, or 128 + n if signal n ended it.
 * @throws CliError `command-not-found` or `command-not-run`.
 */
export async function runCommand(
  [command = '', ...args]: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  signals: SignalSource,
  isTerminal: boolean,
): Promise<number> {
  const listeners: (() => void)[] = [];
  try {
    const child = spawn(command, args, { env, stdio: 'inherit' });
    const exited = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once('exit', (code, signal) => resolve([code, signal]));
    });
    for (const name of passedOn) {
      const passOn = () => {
        if (!(sentByTerminal.has(name) && isInForeground(isTerminal))) child.kill(name);
      };
      signals.on(name, passOn);
      listeners.push(() => signals.off(name, passOn));
    }
    await once(child, 'spawn');
    // A signal to a command such as sudo, which belongs to another user, fails.
    child.on('error', () => undefined);
    const [code, signal] = await exited;
    return signal === null ? Number(code) : 128 + constants.signals[signal];
  } catch (error) {
    throw notRun(command, error);
  } finally {
    for (const remove of listeners) remove();
  }
}

/**
 * Returns whether this process is in the foreground of its terminal, whose keys then send signals to the command as well.
 * Where the system has no /proc, a process with a terminal counts as one in the foreground.
 */
function isInForeground(isTerminal: boolean): boolean {
  try {
    // The program's name, in parentheses, may contain spaces.
    const fields = readFileSync('/proc/self/stat', 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    const [, , group, , , foregroundGroup] = fields;
    return group === foregroundGroup;
  } catch {
    return isTerminal;
  }
}

function notRun(command: string, error: unknown) {
  const name = sanitize(command);
  if (systemCode(error) === 'ENOENT') {
    return localError('command-not-found', `There is no command "${name}". Check its name and PATH.`, error);
  }
  const why = systemCode(error) ?? 'unknown error';
  return localError('command-not-run', `"${name}" cannot be run (${why}). Check that it is an executable file.`, error);
}
