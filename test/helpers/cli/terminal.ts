import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { bareEnvironment, eventually, programCommand } from '../daemon/process.ts';

export const ctrlC = '\u0003';
export const ctrlD = '\u0004';
export const enter = '\r';

interface RunOptions {
  env?: Record<string, string>;
  columns?: number;
  /** Shell redirections, such as `2>/dev/null`. */
  redirect?: string;
}

export interface TerminalOptions extends RunOptions {
  /** Default: `tokens`. */
  program?: 'tokens' | 'tokensd';
}

export interface TerminalEnd {
  code: number;
  /** Everything the terminal received until the program ended. */
  screen: string;
  /** The words of `stty -a` after the program ended. */
  settings: string[];
}

export interface Terminal {
  /** Waits until `text` appears after the text of the previous call, then types `keys`. */
  answer(text: string, keys: string): Promise<void>;
  /** Returns everything the terminal has received so far. */
  screen(): string;
  /** Sends a signal to the program. */
  kill(signal: NodeJS.Signals): void;
  ended(): Promise<TerminalEnd>;
}

const mark = '\u001e';
/** Prints its process ID on the terminal and then replaces itself with the program. */
const printPidAndExec = `sh -c 'printf "${mark}%s${mark}" $$ >/dev/tty; exec "$@"' sh`;

/** Runs a built program on its own pseudo-terminal. */
export function startOnTerminal(args: string[], { program = 'tokens', ...options }: TerminalOptions): Terminal {
  return runOnTerminal(programCommand(program, args), options);
}

/** Runs a command on its own pseudo-terminal, with the `script` command of util-linux. */
export function runOnTerminal(
  command: readonly string[],
  { env = {}, columns = 80, redirect = '' }: RunOptions,
): Terminal {
  const program = command.map(quoteForShell).join(' ');
  // The trap keeps the shell alive on Ctrl-C. The program still receives the signal.
  const line = `stty sane rows 24 cols ${columns}; trap : INT; ${printPidAndExec} ${program} ${redirect}; printf '${mark}%s${mark}' $?; stty -a`;
  const child = spawn('script', ['-qfc', line, '/dev/null'], { env: bareEnvironment({ TERM: 'xterm', ...env }) });
  let screen = '';
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  return {
    async answer(text, keys) {
      await eventually(() => screen.includes(text, seen) || child.exitCode !== null, `“${text}” in ${screen}`);
      const at = screen.indexOf(text, seen);
      if (at === -1) throw new Error(`The program ended without “${text}”: ${screen}`);
      seen = at + text.length;
      child.stdin.write(keys);
    },
    screen: () => screen,
    kill(signal) {
      process.kill(Number(screen.split(mark)[1]), signal);
    },
    async ended() {
      await closed;
      const [, , shown = '', code, settings = ''] = screen.split(mark);
      return { code: Number(code), screen: shown, settings: settings.split(/[\s;]+/) };
    },
  };
}

/** Returns the non-empty lines of the screen without escape sequences. */
export function linesOf(screen: string): string[] {
  return stripVTControlCharacters(screen)
    .split(/\r?\n/)
    .filter((line) => line !== '');
}

function quoteForShell(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
