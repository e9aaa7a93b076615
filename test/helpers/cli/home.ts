import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Home {
  path: string;
  /** Leads a program to this directory for everything a person has on a machine. */
  env: Record<string, string>;
  remove(): Promise<void>;
}

/** An empty home directory of a person who has never used the program. */
export async function makeHome(): Promise<Home> {
  const path = await mkdtemp(join(tmpdir(), 'tokens-home-'));
  await chmod(path, 0o700);
  return {
    path,
    env: { HOME: path, XDG_RUNTIME_DIR: path },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
