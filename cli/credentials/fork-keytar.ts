import { fork } from 'node:child_process';
import { on } from 'node:events';
import type { Keytar } from './keychain.ts';

/** A call to make in the child process, whose response has the same ID. */
export interface KeytarRequest {
  readonly id: number;
  readonly name: keyof Keytar;
  readonly args: readonly string[];
}

/** The result of a call. The first one, with ID 0, says that keytar is loaded. */
export interface KeytarResponse {
  readonly id: number;
  readonly value?: string | boolean | null | undefined;
  readonly error?: string;
}

/**
 * Loads keytar in the child process `program`. The operating system can block a call forever, and the blocked thread would
 * keep this process from exiting. Rejects if keytar is not installed. Calls reject when `signal` aborts.
 */
export async function forkKeytar(program: URL, signal: AbortSignal): Promise<Keytar> {
  const child = fork(program, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const ended = new AbortController();
  for (const event of ['exit', 'error']) child.once(event, () => ended.abort(new Error('The keychain process ended')));

  const responseTo = async (id: number, send: () => void) => {
    signal.throwIfAborted();
    ended.signal.throwIfAborted();
    const responses = on(child, 'message', { signal: AbortSignal.any([signal, ended.signal]) });
    send();
    try {
      for await (const [response] of responses as AsyncIterable<KeytarResponse[]>) {
        if (response?.id === id) return response;
      }
    } catch (error) {
      throw signal.aborted ? error : ended.signal.reason;
    }
    return null;
  };
  let calls = 0;
  const call = async (name: keyof Keytar, args: readonly string[]) => {
    calls += 1;
    const request: KeytarRequest = { id: calls, name, args };
    const response = await responseTo(calls, () => child.send(request));
    if (response?.error !== undefined) throw new Error(response.error);
    return response?.value;
  };

  await responseTo(0, () => undefined);
  // Let this process exit between calls. The child exits when it is disconnected.
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
