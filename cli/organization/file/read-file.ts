import { readFile } from 'node:fs/promises';
import { count } from '../../../shared/count.ts';
import { redact } from '../../../shared/redact.ts';
import type { Organization } from '../../../shared/schemas/organization/organization.ts';
import type { Context } from '../../context.ts';
import { CliError, localError, localProblem, systemCode } from '../../errors.ts';
import { sanitize } from '../../ui/sanitize.ts';
import type { Mistake } from './document.ts';

const maxFileBytes = 16 * 1024 * 1024;

/**
 * Reads the file of the declared state. `-` is standard input.
 * @throws CliError `invalid-file` with every mistake and its position, or `usage` if the file cannot be read
 */
export async function readOrganizationFile(ctx: Context, path: string): Promise<Organization> {
  const bytes = path === '-' ? await readInput(ctx) : await readBytes(path);
  // Loaded after the file, because most mistakes are in the path.
  const { readOrganization } = await import('./document.ts');
  const { organization, mistakes } = readOrganization(decode(bytes, path));
  if (mistakes.length > 0) throw invalidFile(path, mistakes);
  return organization;
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

function invalidFile(path: string, mistakes: readonly Mistake[]): CliError {
  const problem = localProblem(
    'invalid-file',
    `${path} has ${count(mistakes.length, 'mistake')}. Nothing was changed.`,
  );
  const errors = mistakes.map(({ line, column, text }) => ({
    pointer: `#line=${line},${column}`,
    detail: redact(sanitize(`${path}:${line}:${column}: ${text}`)),
  }));
  return new CliError({ ...problem, errors });
}
