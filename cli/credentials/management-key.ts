import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isWellFormedToken } from '../../shared/token-format.ts';
import type { Context } from '../context.ts';
import { localError, systemCode } from '../errors.ts';
import { restrictMode } from '../session/private-file.ts';
import { readRaw, valueIn } from '../token-file/read.ts';
import { writeStderr } from '../ui/notes.ts';

/** Returns whether the environment gives a management key in place of a session. */
export function hasKey({ env }: Pick<Context, 'env'>): boolean {
  return Boolean(env.TOKENS_KEY || env.TOKENS_KEY_FILE);
}

/**
 * Returns the management key in `TOKENS_KEY`, or in the file that `TOKENS_KEY_FILE` names. Returns null if neither is set.
 * @throws CliError `usage` if both are set, or if this is not the value of a token; `damaged-file` if the file cannot be read
 */
export async function keyFromEnvironment(ctx: Context): Promise<string | null> {
  const { TOKENS_KEY: given, TOKENS_KEY_FILE: path } = ctx.env;
  if (given && path) throw localError('usage', 'TOKENS_KEY and TOKENS_KEY_FILE are both set. Unset one of them.');
  if (path) return requireValue(await readKeyFile(ctx, path), path);
  return given ? requireValue(given.trim(), 'TOKENS_KEY') : null;
}

/** The message never repeats the text, which may be a secret. */
function requireValue(text: string | null, place: string): string {
  if (text !== null && isWellFormedToken(text)) return text;
  const why = text === null ? 'holds no value' : 'does not hold the value of a token';
  throw localError('usage', `${place} ${why}, so there is no management key. Put the whole value there.`);
}

/** Reads the file, and takes it away from other users. Returns null if it is empty. */
async function readKeyFile(ctx: Context, path: string): Promise<string | null> {
  const handle = await openKeyFile(path);
  try {
    const raw = await readRaw(handle, path);
    const { mode } = await handle.stat();
    await restrictMode(handle.fd, mode, 0o600, path, (text) => writeStderr(ctx, `warning: ${text}`));
    return valueIn(raw);
  } finally {
    await handle.close();
  }
}

async function openKeyFile(path: string): Promise<FileHandle> {
  // Without O_NONBLOCK, opening a named pipe would hang.
  return open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    const why = `The file of the management key, ${path}, cannot be read (${systemCode(error)}).`;
    throw localError('damaged-file', `${why} Check TOKENS_KEY_FILE and who owns the file.`, error);
  });
}
