import { readFile } from 'node:fs/promises';
import { count } from '../../../shared/count.ts';
import { redact } from '../../../shared/redact.ts';
import type { Organization } from '../../../shared/schemas/organization/organization.ts';
import type { Context } from '../../context.ts';
import { CliError, localError, localProblem, systemCode } from '../../errors.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Mistake, Path } from './document.ts';

const maxFileBytes = 16 * 1024 * 1024;

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
  const bytes = path === '-' ? await readInput(ctx) : await readBytes(path);
  // Loaded after the file, because most mistakes are in the path.
  const { readOrganization } = await import('./document.ts');
  const { organization, mistakes, mistakeAt } = readOrganization(decode(bytes, path));
  const lineOf = ({ line, column, text }: Mistake) => redact(sanitize(`${path}:${line}:${column}: ${text}`));
  const invalid = (lines: readonly string[]) => invalidFile(path, lines);
  if (mistakes.length > 0) throw invalid(mistakes.map(lineOf));
  return { organization, mistakeAt: (path, text) => lineOf(mistakeAt(path, text)), invalid };
}

async function readInput(ctx: Context): Promise<Buffer> {
  if (ctx.stdin.isTTY) {
    throw localError('usage', 'Standard input is a terminal. Redirect a file to it, or name the file with -f.');
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of ctx.stdin.read()) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length > maxFileBytes) throw tooLong('-');
  }
  return Buffer.concat(chunks);
}

async function readBytes(path: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw localError('usage', `${path} cannot be read (${systemCode(error)}). Check its path and permissions.`, error);
  });
  if (bytes.byteLength > maxFileBytes) throw tooLong(path);
  return bytes;
}

function decode(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw localError('usage', `${path} is not UTF-8. Save it in this encoding.`, error);
  }
}

function tooLong(path: string): CliError {
  return localError('usage', `${path} is longer than 16 MiB. Divide it into files with different sections.`);
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
