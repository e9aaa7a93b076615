import { fork } from 'node:child_process';
import { on } from 'node:events';
import type { Keytar } from './keychain.ts';

/** What the program is asked. */
export interface KeychainCall {
  readonly id: number;
  readonly name: keyof Keytar;
  readonly args: readonly string[];
}

/** What it answers. Its first answer, with id 0, says that it is ready. */
export interface KeychainAnswer {
  readonly id: number;
  readonly value?: string | boolean | null | undefined;
  readonly error?: string;
}

/**
 * keytar in a process of its own (`program`): the operating system may keep a call waiting for ever, and the thread that
 * waits would hold up the end of this program. Rejects if keytar is not installed; calls reject when `signal` aborts.
 */
export async function forkKeytar(program: URL, signal: AbortSignal): Promise<Keytar> {
  const child = fork(program, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const ended = new AbortController();
  for (const event of ['exit', 'error']) child.once(event, () => ended.abort(new Error('Its process ended')));

  const answerTo = async (id: number, send: () => void) => {
    signal.throwIfAborted();
    ended.signal.throwIfAborted();
    const answers = on(child, 'message', { signal: AbortSignal.any([signal, ended.signal]) });
    send();
    try {
      for await (const [answer] of answers as AsyncIterable<KeychainAnswer[]>) if (answer?.id === id) return answer;
    } catch (error) {
      throw signal.aborted ? error : ended.signal.reason;
    }
    return null;
  };
  let calls = 0;
  const call = async (name: keyof Keytar, args: readonly string[]) => {
    calls += 1;
    const question: KeychainCall = { id: calls, name, args };
    const answer = await answerTo(calls, () => child.send(question));
    if (answer?.error !== undefined) throw new Error(answer.error);
    return answer?.value;
  };

  await answerTo(0, () => undefined);
  // Between calls it keeps nobody waiting; it ends when this one does.
  child.unref();
  child.channel?.unref();
  return {
    getPassword: async (...args) => {
      const value = await call('getPassword', args);
      return typeof value === 'string' ? value : null;
    },
    setPassword: async (...args) => void (await call('setPassword', args)),
    deletePassword: async (...args) => (await call('deletePassword', args)) === true,
  };
}
