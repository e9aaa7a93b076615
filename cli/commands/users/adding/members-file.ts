import { count } from '../../../../shared/count.ts';
import { redact } from '../../../../shared/redact.ts';
import type { CreateUserBody } from '../../../../shared/schemas/accounts/users.ts';
import type { Context } from '../../../context.ts';
import { CliError, localError, localProblem } from '../../../errors.ts';
import { readTextFile } from '../../../input/read-text-file.ts';
import { sanitize } from '../../../ui/sanitize.ts';
import type { Mistake } from './parse-members.ts';

export const maxMembers = 1_000;
const ifTooLong = 'Divide it into several files.';

/** A member of the file. */
export interface ListedMember {
  readonly line: number;
  readonly body: CreateUserBody;
}

/**
 * Reads the members of a CSV file and checks them all, so that nobody is added if the file has a mistake. The path `-` means standard input.
 * @throws CliError `invalid-file` with every mistake and its line, or `usage`
 */
export async function readMembersFile(
  ctx: Context,
  path: string,
): Promise<{ columns: readonly string[]; members: readonly ListedMember[] }> {
  const text = await readTextFile(ctx, path, { option: '--file', maxMebibytes: 1, ifTooLong });
  // Loaded after the file, because most mistakes are in the path.
  const { readMembers } = await import('./parse-members.ts');
  const { columns, members, mistakes } = readMembers(text);
  if (mistakes.length > 0) throw invalidFile(path, mistakes);
  if (members.length === 0) throw localError('usage', `${path} lists no members below its header.`);
  if (members.length <= maxMembers) return { columns, members };
  const found = `${path} has ${count(members.length, 'member')}, more than ${maxMembers.toLocaleString('en')}.`;
  throw localError('usage', `${found} ${ifTooLong}`);
}

function invalidFile(path: string, mistakes: readonly Mistake[]): CliError {
  const problem = localProblem('invalid-file', `${path} has ${count(mistakes.length, 'mistake')}. Nobody was added.`);
  const errors = mistakes.map(({ line, text }) => ({
    pointer: `#line=${line}`,
    detail: redact(sanitize(`${path}:${line}: ${text}`)),
  }));
  return new CliError({ ...problem, errors });
}
