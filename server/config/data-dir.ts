import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs';

/**
 * Creates the data directory with mode 0700, or tightens the mode of an existing one.
 * @throws Error if it cannot be used, or if its mode must not change because other programs use it too
 */
export function prepareDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unusable(dataDir, cause);
  }
  const mistake = sharedDirMistake(dataDir);
  if (mistake !== null) throw new Error(mistake);
  try {
    if (isPermissive(dataDir)) chmodSync(dataDir, 0o700);
  } catch (cause) {
    throw unusable(dataDir, cause);
  }
}

/** Files that the daemon or the file system keeps in a data directory. */
const ownName = /^(?:tokens\.db.*|mail|lost\+found|.*\.sock)$/;

/**
 * Returns an error message if other programs may use the directory, such as /srv, so that its mode must not change. Returns null
 * if it is a directory of tokensd: it holds our database or no other files, and has no sticky bit, which shared directories have.
 */
export function sharedDirMistake(dataDir: string): string | null {
  if (!isPermissive(dataDir)) return null;
  const names = readdirSync(dataDir);
  const isOwn = names.includes('tokens.db') || names.every((name) => ownName.test(name));
  if (isOwn && (statSync(dataDir).mode & 0o1000) === 0) return null;
  return `Other users can open the data directory ${dataDir}, and it is not a directory of tokensd alone. Set TOKENSD_DATA_DIR to a directory of its own.`;
}

function isPermissive(directory: string): boolean {
  return (statSync(directory).mode & 0o077) !== 0;
}

function unusable(dataDir: string, cause: unknown): Error {
  const { code } = cause as NodeJS.ErrnoException;
  const remedy = 'Correct its owner, or set TOKENSD_DATA_DIR to another directory.';
  return new Error(`The data directory ${dataDir} cannot be used (${code}). ${remedy}`, { cause });
}
