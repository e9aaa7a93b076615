import { text as readText } from 'node:stream/consumers';
import { ProblemError } from '../../shared/problem.ts';
import { createUserBodySchema } from '../../shared/schemas/accounts/users.ts';
import { CommandError, type Context } from '../context.ts';
import { checkNewPassword } from '../domain/accounts/passwords.ts';

type Terminal = Pick<Context, 'stdin' | 'stderr'>;

/** How often a repeated password may differ before the command gives up. */
const maxMismatches = 3;

/** Reads a secret from standard input, without the final line break. */
export async function readStdin({ stdin }: Terminal): Promise<string> {
  return (await readText(stdin)).replace(/\r?\n$/, '');
}

/** Asks for an email address until it is valid. @throws CommandError 2 without a terminal */
export async function askEmail(terminal: Terminal): Promise<string> {
  const streams = requireTerminal(
    terminal,
    'The email address cannot be asked for, because there is no terminal. Add --email.',
  );
  const { input } = await import('@inquirer/prompts');
  const validate = (text: string) => {
    const { error } = createUserBodySchema.shape.email.safeParse(text.trim());
    return error === undefined ? true : (error.issues[0]?.message ?? 'Enter an email address.');
  };
  return (await input({ message: 'Email address to sign in with', validate }, streams)).trim();
}

/**
 * Asks for a new password, judges it, and then asks for it again. If the two differ, asks for both again.
 * @throws CommandError 2 without a terminal, or if the two differ three times
 */
export async function askNewPassword(terminal: Terminal, email: string): Promise<string> {
  const streams = requireTerminal(
    terminal,
    'The password cannot be asked for, because there is no terminal. Pipe it in and add --password-stdin.',
  );
  const { password } = await import('@inquirer/prompts');
  const validate = (text: string) => judgePassword(text, email);
  for (let mismatches = 0; mismatches < maxMismatches; mismatches += 1) {
    const first = await password({ message: 'Password (at least 12 characters)', mask: true, validate }, streams);
    const repeated = await password({ message: 'Repeat the password', mask: true }, streams);
    if (first === repeated) return first;
    terminal.stderr.write('The two passwords differ. Enter the password again.\n');
  }
  throw new CommandError('The two passwords differed three times, so nothing was created. Run the command again.', 2);
}

/** Returns true for an acceptable password. Returns the mistake of any other one. */
async function judgePassword(text: string, email: string): Promise<true | string> {
  try {
    await checkNewPassword(text, { pointer: '/password', email });
    return true;
  } catch (error) {
    if (error instanceof ProblemError) return error.message;
    throw error;
  }
}

function requireTerminal({ stdin, stderr }: Terminal, otherwise: string) {
  if (!stdin.isTTY || !stderr.isTTY) throw new CommandError(otherwise, 2);
  return { input: stdin, output: stderr };
}
