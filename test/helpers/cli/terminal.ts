import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { bareEnvironment, eventually, programCommand } from '../daemon/process.ts';

export const ctrlC = '\u0003';
export const ctrlD = '\u0004';
export const enter = '\r';

export interface TerminalOptions {
  env?: Record<string, string>;
  columns?: number;
  /** Shell redirections, such as `2>/dev/null`. */
  redirect?: string;
}

export interface TerminalEnd {
  code: number;
  /** Every byte the terminal got, up to the program's end. */
  screen: string;
  /** What `stty -a` says of the terminal afterwards. */
  settings: string[];
}

export interface Terminal {
  /** Waits until the terminal shows `text` after what was waited for before, then types. */
  answer(text: string, keys: string): Promise<void>;
  /** All that the terminal got so far. */
  screen(): string;
  /** Sends a signal to the program. */
  kill(signal: NodeJS.Signals): void;
  ended(): Promise<TerminalEnd>;
}

const mark = '\u001e';
/** Tells the terminal the process id of the program that follows, and becomes that program. */
const announced = `sh -c 'printf "${mark}%s${mark}" $$ >/dev/tty; exec "$@"' sh`;

/** Runs the built `tokens` on a pseudo-terminal of its own (by `script`, which every Linux has). */
export function startOnTerminal(args: string[], { env = {}, columns = 80, redirect = '' }: TerminalOptions): Terminal {
  const program = programCommand('tokens', args).map(quoted).join(' ');
  // The trap keeps the shell alive through Ctrl-C without taking the signal from the program.
  const line = `stty sane rows 24 cols ${columns}; trap : INT; ${announced} ${program} ${redirect}; printf '${mark}%s${mark}' $?; stty -a`;
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
      if (at === -1) throw new Error(`It ended without “${text}”: ${screen}`);
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

/** Without escape sequences, line by line. */
export function linesOf(screen: string): string[] {
  return stripVTControlCharacters(screen)
    .split(/\r?\n/)
    .filter((line) => line !== '');
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
