import { count } from '../../../shared/count.ts';
import { redact } from '../../../shared/redact.ts';
import type { Organization } from '../../../shared/schemas/organization/organization.ts';
import type { Context } from '../../context.ts';
import { CliError, localProblem } from '../../errors.ts';
import { readTextFile } from '../../input/read-text-file.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Mistake, Path } from './document.ts';

const rules = { option: '-f', maxMebibytes: 16, ifTooLong: 'Divide it into files with different sections.' };

/** The declared state, and how to report what is wrong with it on this server. */
export interface OrganizationFile {
  readonly organization: Organization;
  /** Returns the text of a mistake about the value at `path`, with its position. `text` continues the path: ` is required.` */
  mistakeAt(path: Path, text: string): string;
  /** Returns the error for these mistakes. */
  invalid(mistakes: readonly string[]): CliError;
}

/**
 * Reads the file of the declared state. `-` is standard input.
 * @throws CliError `invalid-file` with every mistake and its position, or `usage` if the file cannot be read
 */
export async function readOrganizationFile(ctx: Context, path: string): Promise<OrganizationFile> {
  const content = await readTextFile(ctx, path, rules);
  // Loaded after the file, because most mistakes are in the path.
  const { readOrganization } = await import('./document.ts');
  const { organization, mistakes, mistakeAt } = readOrganization(content);
  const lineOf = ({ line, column, text }: Mistake) => redact(sanitize(`${path}:${line}:${column}: ${text}`));
  const invalid = (lines: readonly string[]) => invalidFile(path, lines);
  if (mistakes.length > 0) throw invalid(mistakes.map(lineOf));
  return { organization, mistakeAt: (path, text) => lineOf(mistakeAt(path, text)), invalid };
}

function invalidFile(path: string, lines: readonly string[]): CliError {
  const problem = localProblem('invalid-file', `${path} has ${count(lines.length, 'mistake')}. Nothing was changed.`);
  return new CliError({ ...problem, errors: lines.map(positioned) });
}

/** Returns a line of the form `file:line:column: text` as an error of a problem. */
export function positioned(line: string): { pointer: string; detail: string } {
  const [, row = '1', column = '1'] = /:(\d+):(\d+): /.exec(line) ?? [];
  return { pointer: `#line=${row},${column}`, detail: line };
}
