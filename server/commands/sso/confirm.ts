import { CommandError, type Context } from '../../context.ts';

export interface ConfirmOptions {
  yes?: boolean;
}

/**
 * Asks before a change to many members. `flag` is the option that confirms it on the command line.
 *
 * @throws CommandError 2 without a terminal, 130 if the answer is no
 */
export async function confirmOrStop(
  context: Context,
  { yes }: ConfirmOptions,
  question: string,
  flag = '--yes',
): Promise<void> {
  if (yes) return;
  const { stdin, stderr } = context;
  if (!stdin.isTTY || !stderr.isTTY) {
    throw new CommandError(`${question} There is no terminal to ask on. Add ${flag}.`, 2);
  }
  const { confirm } = await import('@inquirer/prompts');
  const agreed = await confirm({ message: question, default: false }, { input: stdin, output: stderr });
  if (!agreed) throw new CommandError('Cancelled. Nothing was changed.', 130);
}
