import { readFile } from 'node:fs/promises';
import type { Context } from '../context.ts';
import { type CliError, localError, systemCode } from '../errors.ts';

const bytesPerMebibyte = 1024 * 1024;

export interface TextFileRules {
  /** The option that names the file, such as `--file`. */
  readonly option: string;
  readonly maxMebibytes: number;
  /** What to do with a longer file. */
  readonly ifTooLong: string;
}

/**
 * Returns the text of a file without a byte order mark. The path `-` means standard input.
 * @throws CliError `usage` if it cannot be read, is too long or is not UTF-8
 */
export async function readTextFile(ctx: Context, path: string, rules: TextFileRules): Promise<string> {
  const bytes = path === '-' ? await readInput(ctx, rules) : await readBytes(path, rules);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw localError('usage', `${path} is not UTF-8. Save it in this encoding.`, error);
  }
}

async function readInput(ctx: Context, rules: TextFileRules): Promise<Buffer> {
  if (ctx.stdin.isTTY) {
    const advice = `Redirect a file to it, or name the file with ${rules.option}.`;
    throw localError('usage', `Standard input is a terminal. ${advice}`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of ctx.stdin.read()) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length > rules.maxMebibytes * bytesPerMebibyte) throw tooLong('-', rules);
  }
  return Buffer.concat(chunks);
}

async function readBytes(path: string, rules: TextFileRules): Promise<Buffer> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') throw localError('usage', `There is no file ${path}. Check the path.`, error);
    throw localError('usage', `${path} cannot be read (${systemCode(error)}). Check its path and permissions.`, error);
  });
  if (bytes.byteLength > rules.maxMebibytes * bytesPerMebibyte) throw tooLong(path, rules);
  return bytes;
}

function tooLong(path: string, { maxMebibytes, ifTooLong }: TextFileRules): CliError {
  return localError('usage', `${path} is longer than ${maxMebibytes} MiB. ${ifTooLong}`);
}
