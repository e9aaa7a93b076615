import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Home {
  path: string;
  /** Environment variables that make this directory the program's home. */
  env: Record<string, string>;
  remove(): Promise<void>;
}

/** Creates an empty home directory. */
export async function makeHome(): Promise<Home> {
  const path = await mkdtemp(join(tmpdir(), 'tokens-home-'));
  await chmod(path, 0o700);
  return {
    path,
    env: { HOME: path, XDG_RUNTIME_DIR: path },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
