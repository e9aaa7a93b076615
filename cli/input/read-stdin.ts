import type { Context } from '../context.ts';
import { localError } from '../errors.ts';

const longestInput = 64 * 1024;

/**
 * All of stdin as text, without one trailing LF or CRLF. Throws `nothing-on-stdin`, and `usage` for more than 64 KiB or a
 * terminal, which would show the secret as it is typed.
 */
export async function readSecret(ctx: Context): Promise<string> {
  if (ctx.stdin.isTTY)
    throw localError('usage', 'Standard input is a terminal. Pipe the secret in, or redirect a file to it.');
  const text = (await readAll(ctx)).replace(/\r?\n$/, '');
  if (text === '')
    throw localError(
      'nothing-on-stdin',
      'There is nothing on standard input. Pipe the secret in, or redirect a file to it.',
    );
  return text;
}

/** Exactly `count` non-empty lines from stdin, without their LF or CRLF. */
export async function readSecretLines(ctx: Context, count: number): Promise<string[]> {
  const lines = (await readSecret(ctx)).split(/\r?\n/);
  if (lines.length === count && !lines.includes('')) return lines;
  throw localError('usage', `Standard input must hold exactly ${count} lines.`);
}

async function readAll(ctx: Context): Promise<string> {
  // A terminal would show the secret while it is typed.
  if (ctx.stdin.isTTY) throw localError('nothing-on-stdin', 'Standard input is a terminal. Pipe the secret in.');
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of ctx.stdin.read()) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length > longestInput) throw localError('usage', 'There is too much on standard input for a secret.');
  }
  return Buffer.concat(chunks).toString('utf8');
}
