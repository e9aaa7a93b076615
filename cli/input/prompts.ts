import { confirm, input, password, select } from '@inquirer/prompts';
import type { Prompts } from '../context.ts';
import { type CliError, localError } from '../errors.ts';

export interface PromptStreams {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

/** Asks questions on a terminal. End of input (Ctrl-D) cancels like Ctrl-C. The library alone would wait forever. */
export function terminalPrompts({ input: stdin, output, signal }: PromptStreams): Prompts {
  const ask = async <T>(
    question: (streams: { input: NodeJS.ReadStream; output: NodeJS.WriteStream; signal: AbortSignal }) => Promise<T>,
  ): Promise<T> => {
    const ended = new AbortController();
    const end = () => ended.abort();
    const onKey = (_text: unknown, key: { ctrl?: boolean; name?: string } | undefined) => {
      if (key?.ctrl && key.name === 'd') end();
    };
    stdin.once('end', end).once('close', end).on('keypress', onKey);
    try {
      return await question({ input: stdin, output, signal: AbortSignal.any([signal, ended.signal]) });
    } catch (error) {
      throw asCancelled(error);
    } finally {
      stdin.off('end', end).off('close', end).off('keypress', onKey);
    }
  };
  return {
    text: (message, { initial, check } = {}) =>
      ask((streams) =>
        input(
          {
            message,
            required: true,
            ...(initial !== undefined && { default: initial }),
            ...(check && { validate: (answer) => check(answer) ?? true }),
          },
          streams,
        ),
      ),
    optionalText: (message) => ask((streams) => input({ message }, streams)),
    secret: (message) => ask((streams) => password({ message, mask: '*', toggleMask: false }, streams)),
    choose: (message, choices) => ask((streams) => select({ message, choices }, streams)),
    confirm: (message) => ask((streams) => confirm({ message, default: false }, streams)),
  };
}

function asCancelled(error: unknown): CliError | unknown {
  const names = ['ExitPromptError', 'AbortPromptError', 'CancelPromptError'];
  if (error instanceof Error && names.includes(error.name)) return localError('cancelled', 'Cancelled.', error);
  return error;
}
