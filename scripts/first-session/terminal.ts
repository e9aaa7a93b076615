import { execFile } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const prompt = '$';
const maxWaitMs = 60_000;

/** A shell in a pseudo-terminal, as a person sees it. */
export interface Terminal {
  /** Types a text and Enter. */
  answer(text: string): Promise<void>;
  /** Empties the screen, and types a command at the prompt. */
  begin(command: string): Promise<void>;
  /** Ends the command that runs. */
  interrupt(): Promise<void>;
  /** Waits until the screen shows this text. */
  shows(text: string): Promise<void>;
  /** Waits until the command has ended and the shell asks for the next one. */
  isReady(): Promise<void>;
  /** Returns all lines since the last `begin`, each as long as it was written. */
  screen(): Promise<string[]>;
  close(): Promise<void>;
}

/** Opens a terminal in the home directory, in a tmux server of its own, whose socket is in `directory`. */
export async function openTerminal(
  directory: string,
  env: Readonly<Record<string, string>> & { HOME: string },
): Promise<Terminal> {
  const socket = `${directory}/${crypto.randomUUID().slice(0, 8)}`;
  const tmux = (...words: string[]) => run('tmux', ['-u', '-S', socket, '-f', '/dev/null', ...words], { env });
  const shell = `env PS1='${prompt} ' bash --norc --noprofile -i`;
  await tmux('new-session', '-d', '-x', '160', '-y', '50', '-c', env.HOME, shell);

  async function screen(): Promise<string[]> {
    // -J joins the parts of a wrapped line, -S - includes what has scrolled away.
    const { stdout } = await tmux('capture-pane', '-p', '-J', '-S', '-');
    const lines = stdout.split('\n').map((line) => line.trimEnd());
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  async function until(isTrue: (lines: string[]) => boolean, what: string): Promise<void> {
    const end = performance.now() + maxWaitMs;
    for (;;) {
      const lines = await screen();
      if (isTrue(lines)) return;
      if (performance.now() > end) throw new Error(`The terminal never showed ${what}:\n${lines.join('\n')}`);
      await setTimeout(50);
    }
  }

  const type = async (text: string) => void (await tmux('send-keys', '-l', text));
  const press = async (key: 'Enter' | 'C-c') => void (await tmux('send-keys', key));
  /** Types a command. Waits for its echo, because the prompt before it looks like the one after it. */
  async function enter(command: string): Promise<void> {
    await type(command);
    await until((lines) => lines.at(-1) === `${prompt} ${command}`, `“${command}”`);
    await press('Enter');
  }
  const isReady = () => until((lines) => lines.at(-1) === prompt, 'its prompt');
  await isReady();
  return {
    isReady,
    screen,
    shows: (text) => until((lines) => lines.join('\n').includes(text), `“${text}”`),
    async answer(text) {
      await type(text);
      await press('Enter');
    },
    async begin(command) {
      await enter('clear');
      await until((lines) => lines.join('') === prompt, 'an empty screen');
      await tmux('clear-history');
      await enter(command);
      await until((lines) => lines.length > 1 || lines[0] !== `${prompt} ${command}`, 'anything after the command');
    },
    async interrupt() {
      await press('C-c');
      await isReady();
    },
    async close() {
      await tmux('kill-server').catch(() => undefined);
    },
  };
}
