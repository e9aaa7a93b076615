import type { Keytar } from '../keychain.ts';
import { type RunTool, type ToolResult, toolError } from './run-tool.ts';

/** The exit code of `security` for an entry that does not exist. */
const notFound = 44;

/** `security -i` cuts longer lines. */
const maxLineBytes = 4096;

/** Returns the keychain of macOS through `security`. It reads the command that contains a secret from its standard input. */
export function security(run: RunTool): Keytar {
  return {
    async getPassword(service, account) {
      const result = await run(['find-generic-password', '-s', service, '-a', account, '-w']);
      return wasFound(result) ? readSecret(result.stdout.replace(/\n$/, '')) : null;
    },
    async setPassword(service, account, password) {
      const words = ['add-generic-password', '-U', '-s', service, '-a', account, '-w', password];
      const result = await run(['-i'], commandLine(words));
      // The exit code of a command in this mode is only in the words on stderr.
      if (result.code !== 0 || result.stderr !== '') throw toolError(result);
    },
    deletePassword: async (service, account) =>
      wasFound(await run(['delete-generic-password', '-s', service, '-a', account])),
  };
}

/**
 * Returns the secret that `-w` printed. It prints the bytes in hexadecimal if one of them is not printable ASCII. No secret of this
 * program consists of hexadecimal digits alone.
 */
function readSecret(printed: string): string {
  if (!/^(?:[0-9a-f]{2})+$/.test(printed)) return printed;
  const secret = Buffer.from(printed, 'hex').toString();
  return /[^ -~]/.test(secret) ? secret : printed;
}

function wasFound(result: ToolResult): boolean {
  if (result.code === 0) return true;
  if (result.code === notFound) return false;
  throw toolError(result);
}

/**
 * Returns a line for `security -i`, which ends a word in quotes at the next quote, and takes every character after a backslash literally.
 * @throws Error if a word contains a line break, or if the line is too long
 */
function commandLine(words: readonly string[]): string {
  const line = words.map((word) => `"${word.replaceAll(/["\\]/g, '\\$&')}"`).join(' ');
  if (/[\0\r\n]/.test(line)) throw new Error('the entry contains a line break');
  if (Buffer.byteLength(line) >= maxLineBytes) throw new Error('the entry is too long');
  return `${line}\n`;
}
