import { spawnSync } from 'node:child_process';

/** Variables that point Git to another repository than that of the directory. Hooks set some of these. */
const otherRepository = [
  ...['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_PREFIX', 'GIT_COMMON_DIR', 'GIT_NAMESPACE'],
  ...['GIT_OBJECT_DIRECTORY', 'GIT_ALTERNATE_OBJECT_DIRECTORIES'],
];

/** A monitor of the file system is a program that the configuration of the repository names. */
const listing = ['-c', 'core.fsmonitor=false', 'ls-files', '--cached', '--ignored', '--exclude-standard', '-z'];

/**
 * Returns the paths, relative to a directory and separated by zero bytes, of the files that Git has although its patterns ignore them. If
 * Git fails, returns why.
 */
export function listTrackedIgnored(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
): { readonly paths: Buffer } | { readonly failure: string } {
  const ownEnv = { ...Object.fromEntries(Object.entries(env).filter(([name]) => !otherRepository.includes(name))) };
  const { status, stdout, stderr, error } = spawnSync('git', listing, {
    cwd: directory || '.',
    env: { ...ownEnv, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' },
    maxBuffer: 1024 ** 3,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status === 0) return { paths: stdout };
  if (error !== undefined) return { failure: 'there is no command git' };
  const [message = ''] = stderr.toString('utf8').split('\n');
  // A directory can be named .git and be something else.
  return message.startsWith('fatal: not a git repository') ? { paths: Buffer.alloc(0) } : { failure: message };
}
