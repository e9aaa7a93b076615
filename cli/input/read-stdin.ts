import type { Context } from '../context.ts';
import { localError } from '../errors.ts';

const maxInputBytes = 64 * 1024;

/**
 * Returns all of stdin as text, without one trailing LF or CRLF.
 * @throws CliError `nothing-on-stdin`, or `usage` for more than 64 KiB or a terminal, which would show the secret.
 */
export async function readSecret(ctx: Context): Promise<string> {
  if (ctx.stdin.isTTY) {
    throw localError('usage', 'Standard input is a terminal. Pipe the secret in, or redirect a file to it.');
  }
  const text = (await readAll(ctx)).replace(/\r?\n$/, '');
  if (text !== '') return text;
  throw localError('nothing-on-stdin', 'Standard input is empty. Pipe the secret in, or redirect a file to it.');
}

/** Returns exactly `count` non-empty lines from stdin. @throws CliError `usage` for another number of lines. */
export async function readSecretLines(ctx: Context, count: number): Promise<string[]> {
  const lines = (await readSecret(ctx)).split(/\r?\n/);
  if (lines.length === count && !lines.includes('')) return lines;
  throw localError('usage', `Standard input must contain exactly ${count} lines.`);
}

async function readAll(ctx: Context): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of ctx.stdin.read()) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length > maxInputBytes) throw localError('usage', 'Standard input is too long for a secret (over 64 KiB).');
  }
  return Buffer.concat(chunks).toString('utf8');
}
